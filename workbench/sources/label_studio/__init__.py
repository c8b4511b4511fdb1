"""Label Studio: its labelling configs and its JSON exports, both directions. Offsets are code points there too."""
