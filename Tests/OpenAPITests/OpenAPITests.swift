import Testing

@Suite struct OpenAPITests {}
