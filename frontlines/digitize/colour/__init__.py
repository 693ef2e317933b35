"""The image: its paper, its colours, and what each pixel is."""
