"""The tabs of the page Data: projects, questions, import, Label Studio, analysis, download."""
