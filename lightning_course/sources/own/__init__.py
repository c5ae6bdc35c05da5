"""The user's own data: tables, texts, series and folders of images."""
