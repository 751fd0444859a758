"""Weight constructions: one a file, each with its proof."""
