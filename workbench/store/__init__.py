"""The project's database: the only place that speaks SQL."""
