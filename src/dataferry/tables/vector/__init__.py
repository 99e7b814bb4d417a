"""From vector files to tables with geometry: layers, the CRS they state, broken shapefiles, invalid shapes."""
