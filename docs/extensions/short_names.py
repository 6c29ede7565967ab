"""Links from docstrings: `Record` is found from every module, as readers would."""


def resolve(app, env, node, contents):
    """Find the one documented object whose name ends so; `spiking.NAME` comes first.

    A field, such as `Record.output`, is described by its class. A single word in lower case is a name of
    `spiking` itself, or a parameter, which has no page.
    """
    if node.get("refdomain") != "py":
        return None
    python, target = env.domains["py"], node["reftarget"]
    if target.islower() and "." not in target and f"spiking.{target}" not in python.objects:
        return None
    for name in (target, target.rpartition(".")[0]):
        ends_so = [full for full in python.objects if name and full.endswith(f".{name}")]
        best = [full for full in ends_so if full == f"spiking.{name}"] or ends_so
        if len(best) == 1:
            return python.resolve_xref(env, node["refdoc"], app.builder, "obj", best[0], node, contents)
    return None


def setup(app):
    """Say to Sphinx what there is."""
    app.connect("missing-reference", resolve)
    return {"parallel_read_safe": True}
