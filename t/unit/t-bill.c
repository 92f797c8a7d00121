/* lib/infra/bill: what files of others say of digests comes out in one form;
 * what is damaged or none of them is refused with its place. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "infra/bill.h"

#define D64  "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define D128 D64 D64
#define B32  "ABEiM0RVZneImaq7zN3u/wARIjNEVWZ3iJmqu8zd7v8="
#define B64                                                                    \
	"ABEiM0RVZneImaq7zN3u/wARIjNEVWZ3iJmqu8zd7v8AESIzRFVmd4iZqrvM3e7/"     \
	"ABEiM0RVZneImaq7zN3u/w=="

/* The digest of a package of SPDX. */
#define SUM                                                                    \
	"\"checksums\":[{\"algorithm\":\"SHA256\",\"checksumValue\":\"" D64    \
	"\"}]"

/* Read a copy with nothing behind it but the byte that there has to be. */
static int
read_text(struct gv_bill *bill, const char *name, const char *text)
{
	size_t len = strlen(text);
	char *copy = malloc(len + 1);
	int r;

	assert_non_null(copy);
	memcpy(copy, text, len + 1);
	*bill = (struct gv_bill)GV_BILL_INIT;
	r = gv_bill_read(bill, name, copy, len);
	free(copy);
	gv_bill_sort(bill);
	return r;
}

/* "name version digest purl" a line, as it is sorted. */
static void
assert_says(const char *name, const char *text, const char *want, size_t bare)
{
	struct gv_buf said = GV_BUF_INIT;
	struct gv_bill bill;
	size_t i;

	if (read_text(&bill, name, text) < 0)
		fail_msg("%s: %s", name, gv_err_message());
	for (i = 0; i < bill.n; i++)
		gv_buf_addf(&said, "%s %s %.12s %s\n", bill.all[i].name,
		    bill.all[i].version ? bill.all[i].version : "-",
		    bill.all[i].digest,
		    bill.all[i].purl ? bill.all[i].purl : "-");
	assert_string_equal(said.p, want);
	assert_int_equal(bill.bare, bare);
	gv_buf_release(&said);
	gv_bill_release(&bill);
}

static void
assert_refused(const char *name, const char *text, const char *words)
{
	struct gv_bill bill;

	assert_int_equal(read_text(&bill, name, text), GV_EREFUSED);
	if (strstr(gv_err_message(), words) == NULL)
		fail_msg("'%s' does not say '%s'", gv_err_message(), words);
	gv_bill_release(&bill);
}

static void
digests_in_one_form(void **state)
{
	static const char *const same[][2] = {
		{ "sha256:" D64, "sha256:" D64 },
		{ "zh:" D64, "sha256:" D64 },
		{ "h1:" B32, "h1:" D64 },
		{ "h1:" D64, "h1:" D64 },
		{ "sha256-" B32, "sha256:" D64 },
		{ "sha512-" B64, "sha512:" D128 },
		{ "sha512:" D128, "sha512:" D128 },
		{ "sha1:00112233445566778899AABBCCDDEEFF00112233",
		    "sha1:00112233445566778899aabbccddeeff00112233" },
	};
	static const char *const none[] = { "", "sha256:", "sha256:00",
		"sha256:" D64 "0", D64, "md5:00112233445566778899aabbccddeeff",
		"h1:" B64, "h1:====", "sha512-" B32, "sha256:" D64 "\n",
		"sha256:g0112233445566778899aabbccddeeff00112233445566778899"
		"aabbccddeeff" };
	struct gv_buf out = GV_BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(same) / sizeof(*same); i++) {
		gv_buf_reset(&out);
		assert_true(gv_bill_digest(&out, same[i][0]));
		assert_string_equal(out.p, same[i][1]);
		assert_true(gv_bill_is_digest(same[i][1]));
	}
	gv_buf_reset(&out);
	for (i = 0; i < sizeof(none) / sizeof(*none); i++)
		if (gv_bill_digest(&out, none[i]) || out.len)
			fail_msg("'%s' is taken for a digest", none[i]);
	assert_false(gv_bill_is_digest("zh:" D64));
	gv_buf_release(&out);
}

static void
images_of_manifests(void **state)
{
	(void)state;
	/* Kubernetes: documents, lists, init containers, an operator's own */
	assert_says("deploy.yaml",
	    "---\napiVersion: v1\nkind: ConfigMap\n---\n"
	    "apiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n"
	    "    spec:\n      initContainers:\n"
	    "      - image: ghcr.io/acme/init@sha256:" D64 "\n"
	    "      containers:\n"
	    "      - name: a\n        image: \"localhost:5000/shop:1.2@sha256:" D64
	    "\"\n      - name: b\n        image: nginx:1.25\n"
	    "---\nkind: Cluster\nspec: {imageName: 'pg@sha256:" D64 "'}\n",
	    "ghcr.io/acme/init - sha256:00112 -\n"
	    "localhost:5000/shop 1.2 sha256:00112 -\n"
	    "pg - sha256:00112 -\n",
	    0);
	/* Compose, with the same image twice */
	assert_says("compose.yml",
	    "services:\n  a:\n    image: &i redis@sha256:" D64
	    "\n  b: {image: *i}\n",
	    "redis - sha256:00112 -\n", 0);
	/* values of Helm, and a kustomization */
	assert_says("values.yaml",
	    "image:\n  registry: quay.io\n  repository: acme/web\n  tag: '2'\n"
	    "  digest: sha256:" D64 "\nimages:\n- name: a\n  newName: b/c\n"
	    "  newTag: v1\n  digest: sha256:" D64 "\n",
	    "b/c v1 sha256:00112 -\nquay.io/acme/web 2 sha256:00112 -\n", 0);
	/* what only looks like one */
	assert_says("x.yaml",
	    "a: some text@sha256:" D64 "\nb: c@sha256:00\nc: '@sha256:" D64
	    "'\nd: x@sha256:" D64 "0\ndigest: sha256:" D64 "\n",
	    "", 0);
	assert_says("empty.yaml", "", "", 0);
	assert_refused("x.yaml", "a: [sha256:\n", "x.yaml:");
	assert_refused("x.yaml", "a: 1\n---\nb: {{ .Values.sha256: }}\n",
	    "x.yaml, document 2:");
	assert_refused("x.yaml", "a: {{ .Values.x }}\n{{- if }}\n", "x.yaml:");
}

static void
bills_of_materials(void **state)
{
	(void)state;
	assert_says("bom.json",
	    "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.5\","
	    "\"metadata\":{\"component\":{\"name\":\"shop\",\"purl\":"
	    "\"pkg:oci/shop@sha256%3A" D64 "?repository_url=ghcr.io\"}},"
	    "\"components\":[{\"group\":\"@b\",\"name\":\"a\",\"version\":"
	    "\"1\",\"purl\":\"pkg:npm/a@1\",\"hashes\":[{\"alg\":\"MD5\","
	    "\"content\":\"00\"},{\"alg\":\"SHA-256\",\"content\":\"" D64
	    "\"},{\"alg\":\"SHA-512\",\"content\":\"" D128 "\"}],"
	    "\"components\":[{\"name\":\"in\",\"hashes\":[{\"alg\":\"SHA-1\","
	    "\"content\":\"00112233445566778899aabbccddeeff00112233\"}]}]},"
	    "{\"name\":\"none\",\"version\":\"2\"}]}",
	    "@b/a 1 sha256:00112 pkg:npm/a@1\n"
	    "@b/a 1 sha512:00112 pkg:npm/a@1\n"
	    "in - sha1:0011223 -\n"
	    "shop - sha256:00112 pkg:oci/shop@sha256%3A" D64 "\n",
	    1);
	assert_says("sbom.spdx.json",
	    "{\"spdxVersion\":\"SPDX-2.3\",\"packages\":[{\"name\":\"p\","
	    "\"versionInfo\":\"3\",\"checksums\":[{\"algorithm\":\"SHA256\","
	    "\"checksumValue\":\"" D64 "\"}],\"externalRefs\":[{"
	    "\"referenceType\":\"cpe23Type\",\"referenceLocator\":\"c\"},{"
	    "\"referenceType\":\"purl\",\"referenceLocator\":\"pkg:deb/p@3\"}]"
	    "},{\"name\":\"q\"}]}",
	    "p 3 sha256:00112 pkg:deb/p@3\n", 1);
	assert_refused("bom.json",
	    "{\"bomFormat\":\"CycloneDX\","
	    "\"components\":[{\"version\":\"1\"}]}",
	    "bom.json: a component of it has no name");
	assert_refused("bom.json", "{\"bomFormat\":\"Other\"}",
	    "neither CycloneDX, nor SPDX 2, nor the lock file of npm");
	assert_refused("bom.json", "{\"bomFormat\":", "bom.json:1: ");
	assert_refused("bom.json",
	    "{\"bomFormat\":\"CycloneDX\",\"components\":[{\"name\":\"a\\nb\","
	    "\"hashes\":[{\"alg\":\"SHA-256\",\"content\":\"" D64 "\"}]}]}",
	    "without control characters");
	assert_refused(
	    "bom.txt", "", "digests cannot be read from a file of this name");
}

/* What stands for a digest and is none is told, and not what stands there. */
static void
assert_odd(const char *name, const char *text, size_t n, const char *want)
{
	struct gv_bill bill;

	assert_int_equal(read_text(&bill, name, text), 0);
	assert_int_equal(bill.n, 0);
	assert_int_equal(bill.odd, n);
	assert_string_equal(bill.odds[0].text, want);
	gv_bill_release(&bill);
}

static void
digests_that_are_none_are_told(void **state)
{
	(void)state;
	assert_odd("go.sum", "m v1 h1:TRUNC=\nn v1 h2:" B32 "\n", 2,
	    "go.sum: m v1: no digest follows h1:");
	assert_odd(".terraform.lock.hcl",
	    "provider \"p\" {\n version = \"5.0.0\"\n hashes = [\"h9:x\", "
	    "\"zh:1234\"]\n}",
	    2,
	    ".terraform.lock.hcl: p 5.0.0: its digest is of no kind that is "
	    "known");
	assert_odd("package-lock.json",
	    "{\"lockfileVersion\":3,\"packages\":{\"node_modules/a\":{"
	    "\"version\":\"1\",\"integrity\":\"sha512-" D64 D64 D64 "\"}}}",
	    1, "package-lock.json: a 1: no digest follows sha512-");
	assert_odd("b.json",
	    "{\"bomFormat\":\"CycloneDX\",\"components\":[{\"name\":\"x\\ny\","
	    "\"hashes\":[{\"alg\":\"SHA-256\",\"content\":\"12ab\"},{\"alg\":"
	    "\"MD5\",\"content\":\"00\"}],\"purl\":\"pkg:oci/x@sha256:" D64
	    "0\"}]}",
	    2, "b.json: one entry: no digest follows sha256:");
	assert_odd("x.yaml",
	    "image: nginx:1@sha256:12ab\na: b@sha256:12ab or so\nb:\n"
	    "  repository: c/d\n  digest: sha256:" D64 "0\n",
	    2, "x.yaml: nginx 1: no digest follows sha256:");
	assert_odd("go.sum",
	    "https://u:hunter2@h/ v h1:\na v h1:\na v h1:\na v h1:\n"
	    "a v h1:\na v h1:\na v h1:\n",
	    7, "go.sum: https://h/ v: no digest follows h1:");
}

/* What is noted stands in clear, so an address with a password does not come
 * out of it. */
static void
no_passwords(void **state)
{
	(void)state;
	assert_says("package-lock.json",
	    "{\"lockfileVersion\":1,\"dependencies\":{\"a\":{\"version\":"
	    "\"https://u:hunter2@h/a.tgz\",\"integrity\":\"sha512-" B64 "\"}}}",
	    "a - sha512:00112 -\n", 0);
	assert_says("bom.json",
	    "{\"bomFormat\":\"CycloneDX\",\"components\":[{\"name\":\"a\","
	    "\"purl\":\"pkg:npm/a@1?vcs_url=https://u:hunter2@h/\","
	    "\"hashes\":[{\"alg\":\"SHA-256\",\"content\":\"" D64 "\"}]}]}",
	    "a - sha256:00112 pkg:npm/a@1\n", 0);
	assert_says("sbom.json",
	    "{\"spdxVersion\":\"SPDX-2.3\",\"packages\":["
	    "{\"name\":\"https://h/x.tgz?token=hunter2\"," SUM "},"
	    "{\"name\":\"git+https://u:hunter2@h:1/y#hunter2\"," SUM "},"
	    "{\"name\":\"https://u@hunter2@h\"," SUM "},"
	    "{\"name\":\"z?to=https://u:hunter2@h/\"," SUM "},"
	    "{\"name\":\"is it C#?\"," SUM "}]}",
	    "git+https://h:1/y - sha256:00112 -\n"
	    "https://h - sha256:00112 -\n"
	    "https://h/x.tgz - sha256:00112 -\n"
	    "is it C#? - sha256:00112 -\nz - sha256:00112 -\n",
	    0);
	assert_refused("sbom.json",
	    "{\"spdxVersion\":\"SPDX-2.3\",\"packages\":[{\"name\":"
	    "\"https://u:hunt/er2@h/a\"," SUM "}]}",
	    "has a user name");
	assert_null(strstr(gv_err_message(), "er2"));
	assert_refused("sbom.json",
	    "{\"spdxVersion\":\"SPDX-2.3\",\"packages\":[{\"name\":"
	    "\"?at=https://hunter2\"," SUM "}]}",
	    "at most");
	assert_null(strstr(gv_err_message(), "hunter2"));
	assert_refused("bom.json",
	    "{\"bomFormat\":\"CycloneDX\",\"components\":[{\"name\":\"a\","
	    "\"purl\":\"https://u:hunter2@h/a\",\"hashes\":[{\"alg\":"
	    "\"SHA-256\",\"content\":\"" D64 "\"}]}]}",
	    "has a user name");
	assert_null(strstr(gv_err_message(), "hunter2"));
}

static void
lock_files(void **state)
{
	(void)state;
	assert_says("a/package-lock.json",
	    "{\"lockfileVersion\":3,\"packages\":{\"\":{\"name\":\"own\"},"
	    "\"node_modules/a\":{\"version\":\"1\",\"integrity\":\"sha512-" B64
	    "\"},\"node_modules/a/node_modules/@s/b\":{\"version\":\"2\","
	    "\"integrity\":\"sha512-" B64
	    " sha1-ABEiM0RVZneImaq7zN3u/wARIjM=\"},"
	    "\"node_modules/c\":{\"name\":\"real\",\"version\":\"3\","
	    "\"integrity\":\"sha512-" B64 "?x\"},"
	    "\"node_modules/l\":{\"link\":true}}}",
	    "@s/b 2 sha1:0011223 -\n@s/b 2 sha512:00112 -\n"
	    "a 1 sha512:00112 -\nreal 3 sha512:00112 -\n",
	    0);
	assert_says("package-lock.json",
	    "{\"lockfileVersion\":1,\"dependencies\":{\"a\":{\"version\":\"1\","
	    "\"integrity\":\"sha512-" B64 "\",\"dependencies\":{\"b\":{"
	    "\"version\":\"2\",\"integrity\":\"sha512-" B64 "\"}}}}}",
	    "a 1 sha512:00112 -\nb 2 sha512:00112 -\n", 0);
	assert_says("go.sum",
	    "example.com/m v1.2.3 h1:" B32 "\n"
	    "example.com/m v1.2.3/go.mod h1:" B32 "\r\n\n"
	    "example.com/n v0.0.0-2020 h1:" B32,
	    "example.com/m v1.2.3 h1:001122334 -\n"
	    "example.com/n v0.0.0-2020 h1:001122334 -\n",
	    0);
	assert_refused("go.sum", "a v1 h1:" B32 "\nb v1\n", "go.sum:2: ");
	assert_refused("go.sum", "a v1 h1:" B32 " x\n", "go.sum:1: ");
	assert_says("d/.terraform.lock.hcl",
	    "# by terraform init\n\nprovider \"registry.terraform.io/h/aws\" {\n"
	    "  version     = \"5.31.0\" // x\n  constraints = \"~> 5.0\"\n"
	    "  hashes = [\n    \"h1:" B32 "\",\n    \"zh:" D64 "\",\n  ]\n}\n"
	    "provider \"p\" {\n  version = \"1\"\n  hashes = [\"zh:" D64
	    "\"]\n}\nprovider \"q\" {\n}\n",
	    "p 1 sha256:00112 -\n"
	    "registry.terraform.io/h/aws 5.31.0 h1:001122334 -\n"
	    "registry.terraform.io/h/aws 5.31.0 sha256:00112 -\n",
	    0);
	assert_says("Chart.lock",
	    "dependencies:\n- name: pg\n  version: 1.0.0\ndigest: sha256:" D64
	    "\ngenerated: \"2026\"\n",
	    "Chart.lock - sha256:00112 -\n", 0);
	assert_refused("Chart.lock", "dependencies: []\n", "it has no digest");
}

/* Cut anywhere or with another word in it: it is refused at its line. */
static void
damaged_locks(void **state)
{
	static const char whole[] =
	    "provider \"a\" {\n version = \"1\"\n hashes = [\"zh:" D64 "\"]\n}";
	static const char *const bad[] = { "module \"a\" {\n}\n", "provider {}",
		"provider \"a\" {\n version\n}",
		"provider \"a\" {\n = \"1\"\n}", "provider \"a\\\"b\" {\n}",
		"provider \"a\nb\" {\n}",
		"provider \"a\" {\n hashes = \"zh\"\n}",
		"provider \"a\" {\n hashes = [\"zh\" \"zh\"]\n}", "}" };
	struct gv_bill bill;
	char cut[sizeof(whole)];
	size_t i;

	(void)state;
	for (i = 1; i + 1 < sizeof(whole); i++) {
		memcpy(cut, whole, i);
		cut[i] = '\0';
		assert_int_equal(
		    read_text(&bill, ".terraform.lock.hcl", cut), GV_EREFUSED);
		gv_bill_release(&bill);
	}
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_refused(
		    ".terraform.lock.hcl", bad[i], ".terraform.lock.hcl:");
}

/* As many as a call takes, and one more. */
static void
bounded(void **state)
{
	struct gv_buf text = GV_BUF_INIT;
	struct gv_bill bill;
	size_t i;

	(void)state;
	for (i = 0; i < GV_BILL_ITEMS; i++)
		gv_buf_addf(&text, "m%zu v1 h1:" B32 "\n", i);
	assert_int_equal(read_text(&bill, "go.sum", text.p), 0);
	assert_int_equal(bill.n, GV_BILL_ITEMS);
	gv_bill_release(&bill);
	gv_buf_addstr(&text, "m v1 h1:" B32 "\n");
	assert_refused("go.sum", text.p, "there are more than 20000 digests");
	gv_buf_release(&text);
}

UNIT(bill)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digests_in_one_form),
		cmocka_unit_test(images_of_manifests),
		cmocka_unit_test(bills_of_materials),
		cmocka_unit_test(digests_that_are_none_are_told),
		cmocka_unit_test(no_passwords),
		cmocka_unit_test(lock_files),
		cmocka_unit_test(damaged_locks),
		cmocka_unit_test(bounded),
	};

	return UNIT_RUN(tests);
}
