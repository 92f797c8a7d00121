#include "infra/bill_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "format/unjson.h"

/* A file, and where what it says goes. */
struct reading {
	struct gv_bill *out;
	const char *name;
};

/* How algorithms are called in bills, and in digests; weaker ones are left
 * out. */
static const char *
algorithm(const char *word)
{
	static const char *const names[][2] = { { "SHA-256", "sha256:" },
		{ "SHA-512", "sha512:" }, { "SHA-384", "sha384:" },
		{ "SHA-1", "sha1:" }, { "SHA256", "sha256:" },
		{ "SHA512", "sha512:" }, { "SHA384", "sha384:" },
		{ "SHA1", "sha1:" } };
	size_t i;

	for (i = 0; word && i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(word, names[i][0]) == 0)
			return names[i][1];
	return NULL;
}

/* One of the digests of a component. */
static int
add(struct reading *in, bool *any, struct gv_bill_item *item,
    const char *prefix, const char *digits)
{
	struct gv_buf text = GV_BUF_INIT;
	bool added = false;
	int r;

	if (prefix == NULL || digits == NULL)
		return 0;
	gv_buf_addf(&text, "%s%s", prefix, digits);
	r = gv_buf_check(&text);
	item->digest = text.p;
	if (r == 0)
		r = gv_bill_add(in->out, &added, in->name, item);
	*any |= added;
	gv_buf_release(&text);
	return r;
}

/* A list of objects with an algorithm and its digits. */
static int
add_hashes(struct reading *in, bool *any, struct gv_bill_item *item,
    const struct gv_unjson_node *list, const char *const keys[2])
{
	const struct gv_unjson_node *one = list ? list->first : NULL;
	int r = 0;

	for (; r == 0 && one; one = one->next)
		r = add(in, any, item,
		    algorithm(gv_unjson_get_text(one, keys[0])),
		    gv_unjson_get_text(one, keys[1]));
	return r;
}

/* An image's address has its digest for the version:
 * pkg:oci/shop@sha256%3A4f…?repository_url=… */
static int
add_purl(struct reading *in, bool *any, struct gv_bill_item *item)
{
	const char *at = item->purl ? strstr(item->purl, "@sha256") : NULL;
	char digits[66]; /* one too many is seen */
	size_t n;

	if (at == NULL)
		return 0;
	at += strlen("@sha256");
	if (*at == ':')
		at++;
	else if (strncmp(at, "%3A", 3) == 0 || strncmp(at, "%3a", 3) == 0)
		at += 3;
	else
		return 0;
	n = strcspn(at, "?#");
	n = n < sizeof(digits) ? n : sizeof(digits) - 1;
	memcpy(digits, at, n);
	digits[n] = '\0';
	return add(in, any, item, "sha256:", digits);
}

static int
conclude(struct reading *in, bool any, int r)
{
	in->out->bare += r == 0 && !any;
	return r;
}

/* ---- CycloneDX ---------------------------------------------------------- */

static int
read_component(struct reading *in, const struct gv_unjson_node *node)
{
	static const char *const keys[2] = { "alg", "content" };
	const char *group = gv_unjson_get_text(node, "group");
	const char *name = gv_unjson_get_text(node, "name");
	struct gv_buf whole = GV_BUF_INIT;
	struct gv_bill_item item = {
		.version = gv_unjson_get_text(node, "version"),
		.purl = gv_unjson_get_text(node, "purl"),
	};
	bool any = false;
	int r;

	if (name == NULL)
		return gv_err(
		    GV_EREFUSED, "%s: a component of it has no name", in->name);
	if (group && *group)
		gv_buf_addf(&whole, "%s/", group);
	gv_buf_addstr(&whole, name);
	r = gv_buf_check(&whole);
	item.name = whole.p;
	if (r == 0 &&
	    (r = add_hashes(
		 in, &any, &item, gv_unjson_get(node, "hashes"), keys)) == 0)
		r = add_purl(in, &any, &item);
	gv_buf_release(&whole);
	return conclude(in, any, r);
}

/* Components hold others, as deep as a document may be. */
static int
read_components(struct reading *in, const struct gv_unjson_node *list)
{
	const struct gv_unjson_node *one = list ? list->first : NULL;
	int r = 0;

	for (; r == 0 && one; one = one->next) {
		if ((r = read_component(in, one)) == 0)
			r = read_components(
			    in, gv_unjson_get(one, "components"));
	}
	return r;
}

static int
read_cyclonedx(struct reading *in, const struct gv_unjson_node *root)
{
	const struct gv_unjson_node *own =
	    gv_unjson_get(gv_unjson_get(root, "metadata"), "component");
	int r = own ? read_component(in, own) : 0;

	return r < 0 ? r
		     : read_components(in, gv_unjson_get(root, "components"));
}

/* ---- SPDX --------------------------------------------------------------- */

static const char *
find_purl(const struct gv_unjson_node *package)
{
	const struct gv_unjson_node *list =
	    gv_unjson_get(package, "externalRefs");
	const struct gv_unjson_node *one = list ? list->first : NULL;

	for (; one; one = one->next) {
		const char *type = gv_unjson_get_text(one, "referenceType");

		if (type && strcmp(type, "purl") == 0)
			return gv_unjson_get_text(one, "referenceLocator");
	}
	return NULL;
}

static int
read_spdx(struct reading *in, const struct gv_unjson_node *root)
{
	static const char *const keys[2] = { "algorithm", "checksumValue" };
	const struct gv_unjson_node *list = gv_unjson_get(root, "packages");
	const struct gv_unjson_node *one = list ? list->first : NULL;
	int r = 0;

	for (; r == 0 && one; one = one->next) {
		struct gv_bill_item item = {
			.name = gv_unjson_get_text(one, "name"),
			.version = gv_unjson_get_text(one, "versionInfo"),
			.purl = find_purl(one),
		};
		bool any = false;

		if (item.name == NULL)
			return gv_err(GV_EREFUSED,
			    "%s: a package of it has no name", in->name);
		if ((r = add_hashes(in, &any, &item,
			 gv_unjson_get(one, "checksums"), keys)) == 0)
			r = add_purl(in, &any, &item);
		r = conclude(in, any, r);
	}
	return r;
}

/* ---- npm ---------------------------------------------------------------- */

/* One or several of them, with blanks between; what is behind '?' is for who
 * fetches. */
static int
add_integrity(struct reading *in, struct gv_bill_item *item, const char *text)
{
	char word[160];
	bool any = false;
	size_t n, len;
	int r = 0;

	for (; r == 0 && text && *text; text += n) {
		text += strspn(text, " ");
		n = strcspn(text, " ");
		if (n) {
			/* longer than any digest */
			len = n < sizeof(word) ? n : sizeof(word) - 1;
			memcpy(word, text, len);
			word[len] = '\0';
			word[strcspn(word, "?")] = '\0';
			r = add(in, &any, item, "", word);
		}
	}
	return conclude(in, any, r);
}

/* "node_modules/a/node_modules/@b/c" is @b/c; what a package is called where
 * that is another name stands in it. */
static int
read_packages(struct reading *in, const struct gv_unjson_node *map)
{
	static const char folder[] = "node_modules/";
	const struct gv_unjson_node *one = map->first;
	int r = 0;

	for (; r == 0 && one; one = one->next) {
		const char *own = gv_unjson_get_text(one, "name");
		const char *name = one->key, *p = name;

		/* the project itself, and links to folders of it */
		if (gv_unjson_get_text(one, "integrity") == NULL)
			continue;
		while ((p = strstr(p, folder)) != NULL)
			name = p += sizeof(folder) - 1;
		r = add_integrity(in,
		    &(struct gv_bill_item){ .name = own ? own : name,
			.version = gv_unjson_get_text(one, "version") },
		    gv_unjson_get_text(one, "integrity"));
	}
	return r;
}

/* The older form: packages hold those that are theirs alone. */
static int
read_dependencies(struct reading *in, const struct gv_unjson_node *map)
{
	const struct gv_unjson_node *one = map ? map->first : NULL;
	int r = 0;

	for (; r == 0 && one; one = one->next) {
		const char *integrity = gv_unjson_get_text(one, "integrity");

		if (integrity)
			r = add_integrity(in,
			    &(struct gv_bill_item){ .name = one->key,
				.version = gv_unjson_get_text(one, "version") },
			    integrity);
		if (r == 0)
			r = read_dependencies(
			    in, gv_unjson_get(one, "dependencies"));
	}
	return r;
}

static int
read_npm(struct reading *in, const struct gv_unjson_node *root)
{
	const struct gv_unjson_node *packages = gv_unjson_get(root, "packages");

	if (packages && packages->kind == GV_UNJSON_MAP)
		return read_packages(in, packages);
	return read_dependencies(in, gv_unjson_get(root, "dependencies"));
}

/* ---- which of them ------------------------------------------------------ */

static int
read(struct reading *in, const struct gv_unjson_node *root)
{
	const char *format = gv_unjson_get_text(root, "bomFormat");

	if (format && strcmp(format, "CycloneDX") == 0)
		return read_cyclonedx(in, root);
	if (gv_unjson_get_text(root, "spdxVersion"))
		return read_spdx(in, root);
	if (gv_unjson_get(root, "lockfileVersion"))
		return read_npm(in, root);
	return gv_err(GV_EREFUSED,
	    "%s: it is JSON, but neither CycloneDX, nor SPDX 2, nor the lock "
	    "file of npm",
	    in->name);
}

int
gv_bill_read_json(struct gv_bill *out, const char *name, char *data, size_t len)
{
	struct reading in = { out, name };
	struct gv_unjson *doc = NULL;
	int r = gv_unjson_parse(&doc, name, data, len);

	if (r == 0)
		r = read(&in, gv_unjson_root(doc));
	gv_unjson_free(doc);
	return r;
}
