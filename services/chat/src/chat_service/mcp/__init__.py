"""The Model Context Protocol (MCP): the todo list as tools for agents."""
