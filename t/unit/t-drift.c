#include "unit.h"

#include "drift_told.h"

/*
 * The cases that a comparison is specified by: two texts, and maybe what both
 * are layered over, and what is said of them.
 */

struct row {
	int number;
	const char *low_path, *high_path, *low, *high; /* NULL: no file */
	const char *base_path, *base;
	const char *want;
};

#define VALUES "values-staging.yaml", "values-prod.yaml"
#define TFVARS "staging.tfvars", "prod.tfvars"
#define DOTENV ".env.staging", ".env.prod"
#define OBJECT "k8s/staging/web.yaml", "k8s/prod/web.yaml"
#define NONE   NULL, NULL
#define WEB    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"

static const struct row rows[] = {
	{ 1, VALUES, "port: 80\n", "port: 80\n", NONE, "" },
	{ 2, VALUES, "a: 1\ntimeout: 30\n", "a: 1\n", NONE,
	    "drift missing normal values-*.yaml#timeout: in staging, not in "
	    "prod\n" },
	{ 3, VALUES, "timeout: 30\n", "a: 1\n", "values.yaml",
	    "timeout: 30\na: 2\n",
	    "note value none values-*.yaml#timeout: staging repeats the base\n"
	    "drift value normal values-*.yaml#a: 2 in staging, 1 in prod (from "
	    "values.yaml:2)\n" },
	{ 4, VALUES, "timeout: 30\n", "{}\n", "values.yaml",
	    "a: 1\ntimeout: 10\n",
	    "drift value normal values-*.yaml#timeout: 30 in staging, 10 in "
	    "prod (from values.yaml:2)\n" },
	{ 5, VALUES, "a: 1\n", "a: 1\nwaf: on\n", NONE,
	    "drift missing normal values-*.yaml#waf: only in prod: a hot fix "
	    "not carried back?\n" },
	{ 6, VALUES, "x: 80\n", "x: \"80\"\n", NONE,
	    "note type none values-*.yaml#x: same value, number and string\n" },
	{ 7, OBJECT, WEB "spec: {replicas: 3}\n",
	    WEB "spec: {replicas: \"3\"}\n", NONE,
	    "drift type normal k8s/*/web.yaml#Deployment/web.spec.replicas: "
	    "number and string, where only a number is taken\n" },
	{ 7, TFVARS, "n = 3\n", "n = \"3\"\n", "main.tf",
	    "variable \"n\" {\n  type = number\n}\n",
	    "drift type normal *.tfvars#n: number and string, where only a "
	    "number is taken\n" },
	{ 7, TFVARS, "n = 3\n", "n = \"3\"\n", NONE,
	    "note type none *.tfvars#n: same value, number and string\n" },
	{ 8, VALUES, "x: 1.10\n", "x: \"1.10\"\n", NONE,
	    "drift type normal values-*.yaml#x: 1.10 is the number 1.1 for a "
	    "YAML reader\n" },
	{ 8, VALUES, "x: yes\n", "x: true\n", NONE,
	    "drift type normal values-*.yaml#x: yes and true are the same for "
	    "some YAML readers only\n" },
	{ 8, VALUES, "x: 010\n", "x: 8\n", NONE,
	    "drift type normal values-*.yaml#x: 010 and 8 are one number, two "
	    "texts\n" },
	{ 8, VALUES, "x: null\n", "x: \"\"\n", NONE,
	    "drift type normal values-*.yaml#x: null and an empty string\n" },
	{ 9, VALUES, "a: 1\nb: 2\n", "b: 2\na: 1\n", NONE, "" },
	{ 10, VALUES, "allowed_cidrs: [10.0.0.0/8, 192.168.0.0/16]\n",
	    "allowed_cidrs: [192.168.0.0/16, 10.0.0.0/8]\n", NONE, "" },
	{ 11, VALUES, "args: [a, b]\n", "args: [b, a]\n", NONE,
	    "drift order normal values-*.yaml#args: the order differs, and it "
	    "counts\n" },
	{ 12, VALUES, "allowed_cidrs: [a]\n", "allowed_cidrs: [a, b]\n", NONE,
	    "drift value normal values-*.yaml#allowed_cidrs[b]: b only in "
	    "prod\n" },
	{ 13, VALUES, "db_host: x\n", "database_host: x\n", NONE,
	    "drift renamed normal values-*.yaml#db_host: db_host in staging is "
	    "database_host in prod\n" },
	{ 13, VALUES, "ttl: 3\n", "colour: 4\n", NONE,
	    "drift missing normal values-*.yaml#ttl: in staging, not in prod\n"
	    "drift missing normal values-*.yaml#colour: only in prod: a hot "
	    "fix not carried back?\n" },
	{ 14, VALUES, "a: {h: one, p: 2, q: three}\nz: 1\n",
	    "b: {h: one, p: 2, q: three}\nz: 1\n", NONE,
	    "drift moved normal values-*.yaml#a: a in staging is b in prod (3 "
	    "keys)\n" },
	{ 15, "live/staging/net.tf", "live/prod/network.tf",
	    "resource \"aws_vpc\" \"a\" {\n  cidr = \"x\"\n}\n",
	    "resource \"aws_vpc\" \"a\" {\n  cidr = \"x\"\n}\n", NONE, "" },
	{ 15, "live/staging/net.yaml", "live/prod/network.yaml",
	    "a: one\nb: 2\n", "a: one\nb: 2\n", NONE,
	    "note moved none live/*/net.yaml: a file of another name in "
	    "prod\n" },
	{ 16, VALUES, "h: db.staging.x\n", "h: db.prod.x\n", NONE,
	    "intended name none values-*.yaml#h: \n" },
	{ 16, VALUES, "h: sso-staging.ol.mit.edu\n", "h: sso.ol.mit.edu\n",
	    NONE, "intended name none values-*.yaml#h: \n" },
	{ 16, VALUES, "h: app-s-db\n", "h: app-p-db\n", NONE,
	    "intended name none values-*.yaml#h: \n" },
	{ 16, VALUES, "STAGING_HOST: a\n", "PROD_HOST: a\n", NONE, "" },
	{ 16, VALUES, "h: stagingpython\n", "h: prodpython\n", NONE,
	    "drift value normal values-*.yaml#h: stagingpython in staging, "
	    "prodpython in prod\n" },
	{ 17, VALUES, "h: db.prod.x\n", "h: db.prod.x\n", NONE,
	    "drift cross high values-*.yaml#h: staging points at prod\n" },
	{ 18, VALUES, "a: 1\n", "a: 1\nu: http://localhost:3000\n", NONE,
	    "drift placeholder high values-*.yaml#u: a placeholder in prod\n" },
	{ 19, VALUES, "instance_type: t3.small\ncount: 1\n",
	    "instance_type: m5.large\ncount: 3\n", NONE,
	    "intended size none values-*.yaml#instance_type: \n"
	    "intended size none values-*.yaml#count: \n" },
	{ 20, VALUES, "memory: 2Gi\n", "memory: 512Mi\n", NONE,
	    "drift size low values-*.yaml#memory: prod has less than staging: "
	    "512Mi, not 2Gi\n" },
	{ 21, VALUES, "r: {requests: {cpu: 1}, limits: {cpu: 2}}\n",
	    "r: {requests: {cpu: 1}, limits: {cpu: 8}}\n", NONE,
	    "intended size none values-*.yaml#r.limits.cpu: \n"
	    "note size none values-*.yaml#r.limits.cpu: 2 times the request in "
	    "staging, 8 times in prod\n" },
	{ 22, VALUES, "image: app:1.5\n", "image: app:1.4\n", NONE,
	    "intended version none values-*.yaml#image: staging ahead of prod "
	    "by 1 version\n" },
	{ 23, VALUES, "image: app:1.4\n", "image: app:1.5\n", NONE,
	    "drift version normal values-*.yaml#image: prod has 1.5, newer "
	    "than 1.4 in staging\n" },
	{ 24, VALUES, "image: app:1.4@sha256:aa\n",
	    "image: app:1.4@sha256:bb\n", NONE,
	    "drift version normal values-*.yaml#image: the tag 1.4 moved: two "
	    "digests\n" },
	{ 24, VALUES, "image: app:latest\n", "image: app:latest\n", NONE,
	    "drift version low values-*.yaml#image: the tag latest moves: both "
	    "may run another image\n" },
	{ 25, VALUES, "image: acme/app\n", "image: acme-legacy/app\n", NONE,
	    "drift structure normal values-*.yaml#image: acme/app in staging, "
	    "acme-legacy/app in prod: two repositories\n" },
	{ 25, VALUES, "image: a.io/acme/app:1\n", "image: b.io/acme/app:1\n",
	    NONE,
	    "intended name none values-*.yaml#image: a registry of its own for "
	    "each\n" },
	{ 26, "live/staging/m.tf", "live/prod/m.tf",
	    "module \"a\" {\n  source = \"git::x?ref=v2\"\n}\n",
	    "module \"a\" {\n  source = \"git::x?ref=v1\"\n}\n", NONE,
	    "intended version none live/*/*.tf#module.a.source: staging ahead "
	    "of prod by 1 version\n" },
	{ 26, "live/staging/m.tf", "live/prod/m.tf",
	    "module \"a\" {\n  version = \"~> 1.2\"\n}\n",
	    "module \"a\" {\n  version = \"1.2.3\"\n}\n", NONE,
	    "drift version normal live/*/*.tf#module.a.version: ~> 1.2 in "
	    "staging, 1.2.3 in prod: a range and a fixed version\n" },
	{ 27, VALUES, "new_ui: true\n", "new_ui: false\n", NONE,
	    "intended value none values-*.yaml#new_ui: switched on, promotion "
	    "pending\n" },
	{ 27, VALUES, "new_ui: false\n", "new_ui: true\n", NONE,
	    "drift value normal values-*.yaml#new_ui: false in staging, true "
	    "in prod: on where it never was before\n" },
	{ 28, VALUES, "a: 1\nnew_ui: true\n", "a: 1\n", NONE,
	    "drift missing normal values-*.yaml#new_ui: in staging, not in "
	    "prod\n" },
	{ 29, DOTENV, "DB_PASSWORD=tr0ub4dor-Zk\n", "DB_PASSWORD=Qx7-velvet9\n",
	    NONE, "intended secret none .env.*#DB_PASSWORD: differs\n" },
	{ 30, DOTENV, "DB_PASSWORD=tr0ub4dor-Zk\n",
	    "DB_PASSWORD=tr0ub4dor-Zk\n", NONE,
	    "drift secret high .env.*#DB_PASSWORD: one secret in two "
	    "environments\n" },
	{ 31, DOTENV, "A=1\nDB_PASSWORD=tr0ub4dor-Zk\n", "A=1\n", NONE,
	    "drift missing normal .env.*#DB_PASSWORD: in staging, not in "
	    "prod\n" },
	{ 32, VALUES, "db_password: ref+vault://kv/db#p\n",
	    "db_password: hunter2\n", NONE,
	    "drift secret high values-*.yaml#db_password: clear in prod\n" },
	{ 33, VALUES,
	    "a: 1\nsops: {mac: x, age: [{recipient: age1a}, {recipient: "
	    "age1b}]}\n",
	    "a: 1\nsops: {mac: y, age: [{recipient: age1a}]}\n", NONE,
	    "drift recipients normal values-*.yaml#sops.recipients: encrypted "
	    "for 2 recipients in staging, 1 in prod, 1 of them the same\n" },
	{ 33, VALUES, "sops: {mac: x, kms: [{arn: \"kms/a-staging\"}]}\n",
	    "sops: {mac: y, kms: [{arn: \"kms/a-prod\"}]}\n", NONE,
	    "intended name none values-*.yaml#sops.recipients: a key of its "
	    "own for each\n" },
	{ 34, VALUES, "a: 1 # one\n", "# two\na:   1\r\n", NONE, "" },
	{ 35, DOTENV, "A=1\nX=\n", "A=1\n", NONE,
	    "drift missing normal .env.*#X: empty in staging, not in prod\n" },
	{ 35, VALUES, "a: 1\nx: null\n", "a: 1\n", NONE,
	    "note missing none values-*.yaml#x: empty in staging, not there in "
	    "prod\n" },
	{ 36, VALUES, "x: '{{ .x }}'\n", "x: y\n", NONE,
	    "unknown value none values-*.yaml#x: a template has to be filled "
	    "in\n" },
	{ 36, VALUES, "x: ENC[AES256_GCM,data:aa,iv:bb,tag:cc,type:str]\n",
	    "x: ENC[AES256_GCM,data:dd,iv:ee,tag:ff,type:str]\n", NONE,
	    "unknown secret none values-*.yaml#x: needs the keys of staging "
	    "and prod\n" },
	{ 36, "live/staging/m.tf", "live/prod/m.tf",
	    "locals {\n  a = var.x\n}\n", "locals {\n  a = var.y\n}\n", NONE,
	    "unknown value none live/*/*.tf#locals.a: an expression has to be "
	    "computed\n" },
};

static int
check(const struct row *row)
{
	struct gv_buf got = GV_BUF_INIT;
	struct drift_told t;
	bool is_wrong;
	size_t keys;

	drift_told_begin(&t);
	if (row->low)
		drift_told_add(&t, 0, row->low_path, row->low);
	if (row->high)
		drift_told_add(&t, 1, row->high_path, row->high);
	if (row->base)
		drift_told_add(&t, GV_DRIFT_SHARED, row->base_path, row->base);
	drift_told_end(&t, &got, &keys);
	is_wrong = strcmp(got.p, row->want) != 0 || keys == 0;
	if (is_wrong)
		print_error("case %d is\n%snot\n%s(%zu keys)\n", row->number,
		    got.p, row->want, keys);
	gv_buf_release(&got);
	return is_wrong;
}

/* Beyond the cases. */
static const struct row others[] = {
	{ 101, VALUES, "deletion_protection: true\n",
	    "deletion_protection: false\n", NONE,
	    "drift guard high values-*.yaml#deletion_protection: true in "
	    "staging, false in prod: weaker than before it\n" },
	{ 102, VALUES, "backup: {retention: 30d}\n",
	    "backup: {retention: 7d}\n", NONE,
	    "drift guard high values-*.yaml#backup.retention: 30d in staging, "
	    "7d in prod: weaker than before it\n" },
	{ 103, VALUES, "tls: {enabled: false}\n", "tls: {enabled: true}\n",
	    NONE,
	    "intended value none values-*.yaml#tls.enabled: stronger than "
	    "before it\n" },
	{ 104, VALUES, "force_destroy: false\n", "force_destroy: true\n", NONE,
	    "drift guard high values-*.yaml#force_destroy: false in staging, "
	    "true in prod: weaker than before it\n" },
	{ 105, "live/staging/a.yaml", NULL, "a: 1\nb: 2\n", NULL, NONE,
	    "drift missing normal live/*/a.yaml: all of it in staging, not in "
	    "prod (2 keys)\n" },
	{ 106, NULL, "live/prod/a.yaml", NULL, "a: 1\n", NONE,
	    "drift missing normal live/*/a.yaml: only in prod, not in staging: "
	    "a hot fix not carried back? (1 key)\n" },
	{ 107, "live/staging/a.tf", "live/prod/a.tf",
	    "resource \"x\" \"a\" {\n  b = 1\n  c = 2\n}\n",
	    "locals {\n  d = 3\n}\n", NONE,
	    "drift missing normal live/*/*.tf#resource: 2 keys in staging, not "
	    "in prod\n"
	    "drift missing normal live/*/*.tf#locals: only in prod: a hot fix "
	    "not carried back?\n" },
	{ 108, VALUES,
	    "a: eu-west-1\nb: x.eu-west-1.y\nc: eu-west-1a\n"
	    "d: k.eu-west-1\n",
	    "a: us-east-1\nb: x.us-east-1.y\nc: us-east-1a\n"
	    "d: k.eu-west-1\n",
	    NONE,
	    "drift cross normal values-*.yaml#d: eu-west-1 in prod, which is "
	    "where staging is\n"
	    "intended name none values-*.yaml#a: a region or account of its "
	    "own\n"
	    "intended name none values-*.yaml#b: a region or account of its "
	    "own\n"
	    "intended name none values-*.yaml#c: a region or account of its "
	    "own\n" },
	{ 109, VALUES, "t: 60s\nm: 1Gi\nc: 1\n", "t: 1m\nm: 1024Mi\nc: 1000m\n",
	    NONE, "" },
	{ 110, VALUES, "cap: 1G\n", "cap: 1Gi\n", NONE,
	    "drift value normal values-*.yaml#cap: 1G in staging, 1Gi in "
	    "prod\n" },
	{ 111, VALUES, "x: &a {p: 1, q: 2}\ny:\n  <<: *a\n  q: 3\n",
	    "x: {p: 1, q: 2}\ny: {p: 1, q: 3}\n", NONE, "" },
	{ 112, "overlays/staging/web.yaml", "overlays/prod/web.yaml",
	    WEB "spec: {paused: true, a: {x: 1}}\n", WEB "spec: {a: {x: 1}}\n",
	    "base/deploy.yaml", WEB "spec: {paused: true}\n",
	    "note value none overlays/*/web.yaml#Deployment/web.spec.paused: "
	    "staging repeats the base\n" },
	{ 113, "group_vars/staging.yml", "group_vars/prod.yml", "p: 1\n",
	    "q: 1\n", "group_vars/all.yml", "p: 1\nq: 1\n",
	    "note value none group_vars/*.yml#p: staging repeats the base\n"
	    "note value none group_vars/*.yml#q: prod repeats the base\n" },
	{ 114, "compose.staging.yml", "compose.prod.yml",
	    "services: {web: {image: a:1, user: u}}\n",
	    "services: {web: {image: a:1}}\n", "compose.yml",
	    "services: {web: {user: u}}\n",
	    "note value none compose.*.yml#services.web.user: staging repeats "
	    "the base\n" },
	{ 115, TFVARS, "n = 3\n", "m = 1\n", "variables.tf",
	    "variable \"n\" {\n  default = 5\n}\nvariable \"m\" {\n  default "
	    "= 1\n}\n",
	    "drift value normal *.tfvars#n: 3 in staging, 5 in prod (from "
	    "variables.tf:2)\n"
	    "note value none *.tfvars#m: prod repeats the base\n" },
	{ 116, VALUES, "env: [{name: A, value: x}, {name: B, value: y}]\n",
	    "env: [{name: B, value: y}, {name: A, value: z}]\n", NONE,
	    "drift value normal values-*.yaml#env[A].value: x in staging, z in "
	    "prod\n" },
	{ 121, VALUES, "$ANSIBLE_VAULT;1.1;AES256\n3132\n",
	    "$ANSIBLE_VAULT;1.1;AES256\n3334\n", NONE,
	    "unknown secret none values-*.yaml: needs the keys of staging and "
	    "prod\n" },
	{ 121, VALUES, "$ANSIBLE_VAULT;1.1;AES256\n3132\n",
	    "$ANSIBLE_VAULT;1.1;AES256\n3132\n", NONE,
	    "drift secret high values-*.yaml: one encrypted value in two "
	    "environments\n" },
	{ 121, VALUES, "$ANSIBLE_VAULT;1.1;AES256\n3132\n",
	    "db_password: hunter2\n", NONE,
	    "drift secret high values-*.yaml: clear in prod\n" },
	{ 121, VALUES, "$ANSIBLE_VAULT;1.1;AES256\n3132\n", "a: 1\n", NONE,
	    "unknown secret none values-*.yaml: encrypted in staging\n" },
	{ 121, "live/staging/a.yaml", NULL, "$ANSIBLE_VAULT;1.1;AES256\n31\n",
	    NULL, NONE,
	    "drift missing normal live/*/a.yaml: all of it in staging, not in "
	    "prod (1 key)\n" },
	{ 118, VALUES, "cidr: 10.20.0.0/16\nbuf: 256MB\n",
	    "cidr: 10.30.0.0/16\nbuf: 8GB\n", NONE,
	    "intended name none values-*.yaml#cidr: a network of its own for "
	    "each\nintended size none values-*.yaml#buf: \n" },
	{ 119, VALUES, "tag: main\n", "tag: 2.7.3\n", NONE,
	    "intended version none values-*.yaml#tag: follows a branch before "
	    "it\n" },
	{ 120, VALUES, "tag: 2.7.3\n", "tag: main\n", NONE,
	    "drift version normal values-*.yaml#tag: 2.7.3 in staging, main in "
	    "prod: one of them moves\n" },
	{ 117, VALUES, "a: {b: 1", "a: {b: 1}\n", NONE,
	    "unknown value none values-*.yaml: cannot be read in staging: line "
	    "1: did not find expected ',' or '}'\n" },
};

static void
each_case_has_its_verdict(void **state)
{
	size_t i;
	int wrong = 0;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		wrong += check(&rows[i]);
	assert_int_equal(wrong, 0);
}

/* A secret where a name is expected: in a key, and as what an element of a list
 * is known by. */
static void
no_name_tells_a_secret(void **state)
{
#define TOKEN                                                                  \
	"ghp_"                                                                 \
	"a7Bq93kXz1LmP0sTvW2yR8uJd4Fg6Hc5Ne1K"
	static const struct row secrets[] = {
		{ 0, VALUES, "tokens: {" TOKEN ": one}\n",
		    "tokens: {" TOKEN ": two}\n", NONE, "" },
		{ 0, VALUES, "a: [{key: " TOKEN ", v: 1}, {key: b, v: 2}]\n",
		    "a: [{key: " TOKEN ", v: 3}, {key: b, v: 2}]\n", NONE, "" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
		struct gv_buf got = GV_BUF_INIT;
		struct drift_told t;

		drift_told_begin(&t);
		drift_told_add(&t, 0, secrets[i].low_path, secrets[i].low);
		drift_told_add(&t, 1, secrets[i].high_path, secrets[i].high);
		drift_told_end(&t, &got, NULL);
		assert_non_null(strstr(got.p, "(hidden-"));
		assert_non_null(strstr(got.p, "drift value"));
		assert_null(strstr(got.p, TOKEN));
		gv_buf_release(&got);
	}
}

static void
guards_places_components_and_layers_have_theirs(void **state)
{
	size_t i;
	int wrong = 0;

	(void)state;
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		wrong += check(&others[i]);
	assert_int_equal(wrong, 0);
}

/* Two keys of one file: staging's and prod's part of each map. */
static void
check_parts(const char *path, const char *text, const char *const (*parts)[3],
    const char *want)
{
	struct drift_told t;
	struct gv_buf told = GV_BUF_INIT;
	int i;

	drift_told_begin(&t);
	for (; (*parts)[0]; parts++)
		for (i = 0; i < 2; i++) {
			const struct gv_drift_file file = { .path = path,
				.role = path,
				.text = text,
				.len = strlen(text),
				.env = (uint32_t)i,
				.under = (*parts)[0],
				.part = (*parts)[1 + i] };

			assert_int_equal(gv_drift_add(t.drift, &file), 0);
		}
	drift_told_end(&t, &told, NULL);
	assert_string_equal(told.p, want);
	gv_buf_release(&told);
}

static void
parts_of_one_file_are_compared(void **state)
{
	static const char *const maps[][3] = {
		{ "Mappings.Env", "Mappings.Env.stg", "Mappings.Env.prod" },
		{ "Sizes", "Sizes.stg", "Sizes.prod" },
		{ "", "stg", "prod" },
		{ NULL, NULL, NULL },
	};
	static const char *const list[][3] = {
		{ "include", "include[0]", "include[1]" },
		{ NULL, NULL, NULL },
	};

	(void)state;
	check_parts("cfn.yaml",
	    "Mappings:\n  Env:\n    stg: {Size: 1, Debug: on, Host: a.staging.x}\n"
	    "    prod: {Size: 3, Host: a.prod.x, Limit: 9}\n"
	    "    other: {Only: 1}\n"
	    "Sizes: {stg: small, prod: large}\n"
	    "stg: {a: [1], b: 1}\nprod: {a: [1], b: 2}\n",
	    maps,
	    "intended size none cfn.yaml#Mappings.Env.*.Size: \n"
	    "intended name none cfn.yaml#Mappings.Env.*.Host: \n"
	    "drift value normal cfn.yaml#Sizes.*: small in staging, large in "
	    "prod\n"
	    "drift value normal cfn.yaml#*.b: 1 in staging, 2 in prod\n"
	    "drift missing normal cfn.yaml#Mappings.Env.*.Debug: in staging, "
	    "not in prod\n"
	    "drift missing normal cfn.yaml#Mappings.Env.*.Limit: only in prod: "
	    "a hot fix not carried back?\n");
	check_parts("m.yml",
	    "include:\n- {environment: staging, runs: 1}\n"
	    "- {environment: prod, runs: 2}\n",
	    list,
	    "intended name none m.yml#include.*.environment: \n"
	    "drift value normal m.yml#include.*.runs: 1 in staging, 2 in "
	    "prod\n");
	/* both in the one file of HCL, whatever it is called */
	check_parts("x.tf", "locals {\n  stg = 1\n  prod = 2\n}\n",
	    (const char *const[][3]){ { "locals", "locals.stg", "locals.prod" },
		{ NULL, NULL, NULL } },
	    "drift value normal x.tf#locals.*: 1 in staging, 2 in prod\n");
	/* a place that is not there has nothing */
	check_parts("x.yaml", "a: 1\n",
	    (const char *const[][3]){ { "", "b", "c" }, { NULL, NULL, NULL } },
	    "");
}

static void
add_resource(struct drift_told *t, uint32_t env, const char *address,
    const char *text, bool is_secret, bool is_shut)
{
	static const char *const paths[] = { "staging/db", "prod/db" };
	const struct gv_drift_file file = { .path = paths[env],
		.role = "db",
		.text = text,
		.len = strlen(text),
		.env = env,
		.under = address,
		.is_state = true,
		.is_ignored = true,
		.is_private = true,
		.is_secret = is_secret,
		.is_shut = is_shut };

	assert_int_equal(gv_drift_add(t->drift, &file), 0);
}

static void
resources_are_compared_by_address_without_a_value(void **state)
{
	struct drift_told t;
	struct gv_buf told = GV_BUF_INIT;

	(void)state;
	drift_told_begin(&t);
	add_resource(&t, 0, "a.staging", "{\"id\":\"i-1\",\"n\":1,\"x\":null}",
	    false, false);
	add_resource(&t, 1, "a.prod", "{\"id\":\"i-2\",\"n\":2,\"x\":null}",
	    false, false);
	add_resource(&t, 0, "a.staging", "{\"pw\":\"velvet\",\"short\":\"ab\"}",
	    true, false);
	add_resource(&t, 1, "a.prod", "{\"pw\":\"velvet\",\"short\":\"ab\"}",
	    true, false);
	add_resource(&t, 0, "b[0]", "{\"l\":[{\"p\":1}]}", false, false);
	add_resource(
	    &t, 1, "b[0]", "{\"l\":[{\"p\":1},{\"p\":2}]}", false, false);
	add_resource(
	    &t, 1, "b[1]", "{\"l\":[{\"p\":1}],\"m\":1}", false, false);
	add_resource(&t, 0, "c.x", "{\"p\":1,\"q\":2}", false, false);
	drift_told_end(&t, &told, NULL);
	assert_string_equal(told.p,
	    "intended name none db#a.*.id: differs\n"
	    "drift value normal db#a.*.n: differs\n"
	    "drift secret high db#a.*.pw: one secret in two environments\n"
	    "drift missing normal db#c: 2 keys in staging, not in prod\n"
	    "drift missing normal db#b[0].l[1]: only in prod: a hot fix not "
	    "carried back?\n"
	    "intended size none db#b[1]: one more in prod than in staging\n");
	gv_buf_release(&told);
	drift_told_begin(&t);
	add_resource(&t, 0, "a", "{\"n\":\"?\",\"o\":\"?\"}", false, true);
	add_resource(&t, 1, "a", "{\"n\":\"?\"}", false, false);
	drift_told_end(&t, &told, NULL);
	assert_string_equal(told.p,
	    "unknown value none db#a.n: needs the key of staging\n"
	    "drift missing normal db#a.o: in staging, not in prod\n");
	gv_buf_release(&told);
}

UNIT(drift)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_case_has_its_verdict),
		cmocka_unit_test(no_name_tells_a_secret),
		cmocka_unit_test(
		    guards_places_components_and_layers_have_theirs),
		cmocka_unit_test(parts_of_one_file_are_compared),
		cmocka_unit_test(
		    resources_are_compared_by_address_without_a_value),
	};

	return UNIT_RUN(tests);
}
