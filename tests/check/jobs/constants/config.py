BATCH = "batch-size"
REGIONS = {"eu": "region-eu", "us": "region-us"}
