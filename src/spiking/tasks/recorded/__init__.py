"""What files record of a task: which task it is, and the identity of its version."""
