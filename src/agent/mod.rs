//! Floor 2: runs on the host; synchronous, no YAML, no templates.
