"""The gate before payment: every payment row gets LAYAK, TAHAN or VERIFIKASI with the rules and rows it rests on."""
