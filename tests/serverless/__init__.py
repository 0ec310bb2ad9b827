"""The whole flow of an event: Kafka, an S3 API, the platform between them, and the function; and what befalls them."""
