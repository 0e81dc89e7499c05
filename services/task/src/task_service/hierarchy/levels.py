"""How deep things lie in each other; what lies at the top is on the first level."""

OF_TASKS = 10
OF_PROJECTS = 10
