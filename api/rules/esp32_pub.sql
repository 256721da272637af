SELECT * FROM 'esp32/pub'
