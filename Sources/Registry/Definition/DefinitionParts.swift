import EgressPolicy
import Value

/// Everything of a definition that calls need, read and checked.
struct DefinitionParts: Sendable {
    var name: String
    var description: String?
    var connection: ConnectionPart
    var security: SecurityPart
    var route: APIRoute
    var auth: AuthPlan
    var endpoints: [CompiledEndpoint]
    var alerts: AlertPlan?

    /// As many endpoints as one API can have.
    static let mostEndpoints = 2000

    /// `nil` when something that cannot be left out is missing; the fault has been added then.
    init?(_ reader: ObjectReader, _ context: DefinitionContext, _ fields: SecretFields) {
        let faults = reader.faults
        name = reader.string("name") ?? ""
        description = reader.text("description", bytes: 16 << 10)
        let tunnel = TunnelPart(reader.nested("tunnel"), fields, context)
        auth = AuthenticationPart(reader.nested("authentication"), fields, tunnel, context).plan
        let connection = ConnectionPart(reader, auth, fields, tunnel, context)
        security = SecurityPart(reader.nested("security"))
        alerts = AlertPart.read(reader.nested("alerts"), fields, context)
        let schemas = SchemaLibrary(SchemaDocument(reader), faults)
        schemas.addShared(reader)
        let query = connection?.base.query ?? []
        var list = EndpointList(
            auth: auth, taken: { ParameterList.Taken($0, tunnel, query) }, schemas: schemas,
            baseEndsInSlash: connection?.base.endsInSlash ?? false)
        for element in reader.elements("endpoints", atMost: Self.mostEndpoints) {
            list.read(element.value, at: element.pointer, faults)
        }
        if reader.object["endpoints"]?.array?.isEmpty ?? !reader.has("endpoints"), security.proxy == .endpoints {
            faults.invalid(reader.place("endpoints"), "Define at least one endpoint.")
        }
        // Of what is stored already nobody is there to mend it.
        if context.judges { SchemaTypos.check(reader, isStrict: security.validation == .strict) }
        endpoints = list.compiled()
        guard let connection else { return nil }
        self.connection = connection
        if auth.url != nil, !connection.base.holdsSecret, !list.holdsSecret {
            faults.invalid(
                reader.place("authentication").appending("type"),
                "With url_secret, write {secret} in base_url or in an endpoint's path.")
        }
        if connection.base.holdsSecret { list.refusePublicEndpoints(faults) }
        if case .address(let address) = connection.base.url.origin.host, let ranges = security.addresses,
            !ranges.contains(where: { $0.contains(address) })
        {
            faults.add(
                .urlNotAllowed, reader.place("connection").appending("base_url"),
                "This address is not in the API's own \"ip_allowlist\".")
        }
        switch tunnel.kind {
        case .direct: route = .direct(connection.tls)
        case .cloudflare(let access): route = .cloudflare(connection.tls, access)
        case .agent(let id):
            guard let id else { return nil }
            route = .tunnel(id: id)
        }
    }
}
