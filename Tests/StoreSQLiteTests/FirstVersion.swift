/// What the first version of the schema left in a file, as `sqlite3 .dump` tells it: two users, three credentials under
/// the master key 0, 1, … 31, one definition and four audit records.
enum FirstVersion {
    static let dump = """
        CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
        INSERT INTO grdb_migrations VALUES('1-registry');
        INSERT INTO grdb_migrations VALUES('1-vault');
        INSERT INTO grdb_migrations VALUES('1-audit');
        CREATE TABLE users (
            id TEXT NOT NULL PRIMARY KEY,
            name TEXT NOT NULL,
            created INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        INSERT INTO users VALUES('u1','Ada',1);
        INSERT INTO users VALUES('u2','Bob',1);
        CREATE TABLE tunnels (
            id TEXT NOT NULL PRIMARY KEY,
            user_id TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
            name TEXT NOT NULL,
            created INTEGER NOT NULL,
            last_seen INTEGER
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE tokens (
            id TEXT NOT NULL PRIMARY KEY,
            kind TEXT NOT NULL,
            user_id TEXT REFERENCES users(id) ON DELETE CASCADE,
            tunnel_id TEXT,
            hash BLOB NOT NULL CHECK (length(hash) = 32),
            last_four TEXT NOT NULL,
            label TEXT NOT NULL,
            apis TEXT,
            created INTEGER NOT NULL,
            revoked INTEGER
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE apis (
            id TEXT NOT NULL PRIMARY KEY,
            user_id TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
            slug TEXT NOT NULL,
            definition TEXT NOT NULL,
            version INTEGER NOT NULL,
            created INTEGER NOT NULL,
            updated INTEGER NOT NULL,
            UNIQUE (user_id, slug)
        ) STRICT;
        INSERT INTO apis VALUES('a1','u1','crm','{"name":"CRM"}',1,1,1);
        CREATE TABLE vault_check (
            id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
            sealed BLOB NOT NULL
        ) STRICT;
        INSERT INTO vault_check VALUES(1,X'01000000019ba5851ea4bb32864b84c5608f54030117cad6785cf38818c76fdfcf7b35\
        d1e90028c424c7a6ae60468b0f237afbfb830a8d20980486757b575568512b959a');
        CREATE TABLE vault_keys (
            user_id TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
            term INTEGER NOT NULL,
            sealed BLOB NOT NULL,
            PRIMARY KEY (user_id, term)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO vault_keys VALUES('u1',1,X'0100000001e420e2b8ee462a57a142bfffb33565fa70a86e84647702bee9f67dc3\
        29f4a34aa82938c0c2132992767e59b57030cb073639a829eb10ad0239fa6b46');
        INSERT INTO vault_keys VALUES('u2',1,X'010000000179b63ce846c1cef90a8241af43b965c16d542bde9dc6ddc6f14ed2dc\
        9a7945e518e4e46bb094024060eb09fa41b4b08f45db06a90a61ebc6f12d2063');
        CREATE TABLE vault_records (
            user_id TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
            api_id TEXT NOT NULL,
            field TEXT NOT NULL,
            version INTEGER NOT NULL,
            sealed BLOB NOT NULL,
            PRIMARY KEY (user_id, api_id, field)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO vault_records VALUES('u1','a1','key',1,X'01000000018237e66956a5705319fbc3a937b0e6983e0a963fd6\
        9f817b3f10d4fe3a2987dc4f6b04');
        INSERT INTO vault_records VALUES('u1','a1','other',2,X'01000000015c81355de5d429d37042e4f1ee58af64a95edc35\
        5a687c777b9e3cb90574fa9b3d3de8');
        INSERT INTO vault_records VALUES('u2','a2','key',1,X'01000000015f485ff9b3be92cec79010c11a818da68680e62a97\
        ddeb98a308a7454e0be74cfb3a65');
        CREATE TABLE vault_heads (
            user_id TEXT NOT NULL PRIMARY KEY REFERENCES users(id) ON DELETE CASCADE,
            counter INTEGER NOT NULL,
            sealed BLOB NOT NULL
        ) STRICT, WITHOUT ROWID;
        INSERT INTO vault_heads VALUES('u1',2,X'0100000001ed3dc026df2e8cc55233e3e8a647194ca74ee3f0d8987cdaeac2318\
        9fd8025e11bb02067ee8b6b0c146d0557c4c60e5d145439c0e1496f1868e147b4ee9767762dcf9df8b7e8fc97119c5e80e3a65b6a\
        67898186706853cbf5bba4014e93ed9c8f80e0ea4203ae747d999293e0650aa1a26a5132ef9154b8111d48b498c1934c99356cac9\
        f7d3e03');
        INSERT INTO vault_heads VALUES('u2',1,X'0100000001193f57dc0b8e4448a7b5f5aaa1dd71e4fd3a36438ec6bd913b79ea6\
        8b0092801d5a458f1daf8cd366bfa5815e7b125c0441add9ae5bdaf73c0b2c7fa91f89c6d7bb5a8ea67e6f6129cc4049620a1d88a\
        ac6243a3f4');
        CREATE TABLE audit (
            seq INTEGER NOT NULL PRIMARY KEY,
            time INTEGER NOT NULL,
            kind TEXT NOT NULL,
            user_id TEXT,
            api_id TEXT,
            endpoint TEXT,
            outcome TEXT NOT NULL,
            status INTEGER,
            request_id TEXT NOT NULL,
            record TEXT NOT NULL,
            hash BLOB NOT NULL
        ) STRICT;
        INSERT INTO audit VALUES(1,1767323045000000,'call','u1','a1','get','OK',200,'r0','{"kind":"call","time":"\
        2026-01-02T03:04:05.000000Z","request_id":"r0","user_id":"u1","token_id":"t1","api_id":"a1","api":"crm","\
        endpoint":"get","route":"direct","outcome":"OK","method":"GET","path":"/x","upstream_status":200,"request\
        _bytes":1,"response_bytes":85,"times_us":{"origin":900,"total":1000},"sequence":1,"previous":"00000000000\
        00000000000000000000000000000000000000000000000000000"}',X'105f3de8526e2eedc2b21e930cef53ea69c0d721dd47ce\
        c80acf5cd1a476833a');
        INSERT INTO audit VALUES(2,1767323045001000,'call','u1','a1','get','OK',200,'r1','{"kind":"call","time":"\
        2026-01-02T03:04:05.001000Z","request_id":"r1","user_id":"u1","token_id":"t1","api_id":"a1","api":"crm","\
        endpoint":"get","route":"direct","outcome":"OK","method":"GET","path":"/x","upstream_status":200,"request\
        _bytes":1,"response_bytes":85,"times_us":{"origin":900,"total":2000},"sequence":2,"previous":"105f3de8526\
        e2eedc2b21e930cef53ea69c0d721dd47cec80acf5cd1a476833a"}',X'fa43b076b03420d73cc1c65d79cd0265c968cd88b7638c\
        89e320ab8586fffc69');
        INSERT INTO audit VALUES(3,1767323045002000,'call','u1','a1','get','OK',200,'r2','{"kind":"call","time":"\
        2026-01-02T03:04:05.002000Z","request_id":"r2","user_id":"u1","token_id":"t1","api_id":"a1","api":"crm","\
        endpoint":"get","route":"direct","outcome":"OK","method":"GET","path":"/x","upstream_status":200,"request\
        _bytes":1,"response_bytes":85,"times_us":{"origin":900,"total":3000},"sequence":3,"previous":"fa43b076b03\
        420d73cc1c65d79cd0265c968cd88b7638c89e320ab8586fffc69"}',X'8f188395bc84c94b5f98ec717397b562f00a99807caebb\
        bcb5ea4b986cdd6276');
        INSERT INTO audit VALUES(4,1767323045003000,'call','u1','a1','get','TIMEOUT',NULL,'r3','{"kind":"call","t\
        ime":"2026-01-02T03:04:05.003000Z","request_id":"r3","user_id":"u1","token_id":"t1","api_id":"a1","api":"\
        crm","endpoint":"get","route":"direct","outcome":"TIMEOUT","method":"GET","path":"/x","request_bytes":1,"\
        response_bytes":85,"times_us":{"origin":900,"total":4000},"sequence":4,"previous":"8f188395bc84c94b5f98ec\
        717397b562f00a99807caebbbcb5ea4b986cdd6276"}',X'90f2f4a178ef8da3f085dd74d6e2ec2842456d87b33e1d57dfe646195\
        03fa220');
        CREATE TABLE audit_chain (
            id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
            seq INTEGER NOT NULL,
            hash BLOB NOT NULL,
            probes INTEGER NOT NULL DEFAULT 0
        ) STRICT;
        INSERT INTO audit_chain VALUES(1,4,X'90f2f4a178ef8da3f085dd74d6e2ec2842456d87b33e1d57dfe64619503fa220',0)\
        ;
        CREATE INDEX tunnels_by_user ON tunnels(user_id);
        CREATE INDEX tokens_by_user ON tokens(user_id);
        CREATE INDEX tokens_by_tunnel ON tokens(tunnel_id) WHERE tunnel_id IS NOT NULL;
        CREATE INDEX audit_by_api ON audit(api_id, time) WHERE api_id IS NOT NULL;
        PRAGMA application_id = 1347638347;
        """
}
