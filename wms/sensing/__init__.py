"""What the site's sensors say, kept for good, and what follows from it: excursions, holds, alerts."""
