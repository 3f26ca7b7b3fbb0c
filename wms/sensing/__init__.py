"""What the gateways' facts mean for the goods: excursions, holds and alerts."""
