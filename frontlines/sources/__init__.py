"""Where layers come from: files of any format, and the publishers' own ways of writing them."""
