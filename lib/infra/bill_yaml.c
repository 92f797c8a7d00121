#include "infra/bill_internal.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "format/yaml.h"

#define MARK "@sha256:"

struct reading {
	struct gv_bill *out;
	const char *name;
	bool is_strict; /* documents without a digest are read, too */
};

/* ---- images ------------------------------------------------------------- */

/* NAME[:TAG]: the tag of an image is its version, a port is not. */
static int
add_image(struct reading *in, const char *text, size_t len, const char *digest)
{
	struct gv_buf name = GV_BUF_INIT;
	const char *tag = NULL;
	char *colon;
	int r;

	gv_buf_add(&name, text, len);
	r = gv_buf_check(&name);
	colon = r == 0 ? strrchr(name.p, ':') : NULL;
	if (colon && strchr(colon, '/') == NULL) {
		*colon = '\0';
		tag = colon + 1;
	}
	if (r == 0)
		r = gv_bill_add(in->out, NULL, in->name,
		    &(struct gv_bill_item){
			.name = name.p, .version = tag, .digest = digest });
	gv_buf_release(&name);
	return r;
}

/* What names an image and nothing else, whatever its key: tools have many. */
static bool
is_reference(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		char c = text[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			(c >= '0' && c <= '9') || strchr("._-/:[]", c)))
			return false;
	}
	return len > 0 && text[0] != '/' && text[len - 1] != '/';
}

static int
read_scalar(struct reading *in, const struct gv_yaml_node *node)
{
	const char *mark = strstr(node->text, MARK);
	size_t len = mark ? (size_t)(mark - node->text) : 0;

	/* a text with blanks is no image */
	if (mark == NULL || !is_reference(node->text, len) ||
	    mark[strcspn(mark, " \t\n")])
		return 0;
	return add_image(in, node->text, len, mark + 1);
}

static const char *
text_of(const struct gv_yaml_node *map, const char *key)
{
	const struct gv_yaml_node *node = gv_yaml_get(map, key);

	return node && node->kind == GV_YAML_SCALAR && node->len ? node->text
								 : NULL;
}

/* In values of Helm and in kustomizations an image stands in parts. */
static int
read_parts(struct reading *in, const struct gv_yaml_node *map)
{
	const char *digest = text_of(map, "digest");
	const char *registry = text_of(map, "registry");
	const char *name = text_of(map, "repository");
	const char *tag = text_of(map, "tag");
	struct gv_buf whole = GV_BUF_INIT;
	int r = 0;

	if (digest == NULL || strncmp(digest, "sha256:", 7) != 0)
		return 0;
	if (name == NULL)
		name = text_of(map, "newName");
	if (name == NULL)
		name = text_of(map, "name");
	if (tag == NULL)
		tag = text_of(map, "newTag");
	if (name == NULL || !is_reference(name, strlen(name)))
		return 0;
	if (registry && is_reference(registry, strlen(registry)))
		gv_buf_addf(&whole, "%s/", registry);
	gv_buf_addstr(&whole, name);
	if ((r = gv_buf_check(&whole)) == 0)
		r = gv_bill_add(in->out, NULL, in->name,
		    &(struct gv_bill_item){
			.name = whole.p, .version = tag, .digest = digest });
	gv_buf_release(&whole);
	return r;
}

/* As deep as a document may be. */
static int
read_node(struct reading *in, const struct gv_yaml_node *node)
{
	size_t i;
	int r = 0;

	if (node->kind == GV_YAML_SCALAR)
		return read_scalar(in, node);
	if (node->kind == GV_YAML_MAP)
		r = read_parts(in, node);
	for (i = 0; r == 0 && i < node->n; i++)
		r = read_node(in, node->values[i]);
	return r;
}

/* ---- documents ---------------------------------------------------------- */

/* Where the line ends that begins at p. */
static const char *
line_end(const char *p, const char *end)
{
	const char *nl = memchr(p, '\n', (size_t)(end - p));

	return nl ? nl + 1 : end;
}

/* "---" at the beginning of a line, and a blank or nothing behind it. */
static bool
is_separator(const char *p, const char *end)
{
	return end - p >= 3 && memcmp(p, "---", 3) == 0 &&
	    (end - p == 3 || strchr(" \t\r\n", p[3]));
}

static int
read_document(struct reading *in, size_t n, const char *text, size_t len)
{
	const struct gv_yaml_node *root;
	struct gv_yaml *yaml = NULL;
	struct gv_buf name = GV_BUF_INIT;
	int r;

	/* most have no image with a digest, and cost no tree */
	if (len == 0 ||
	    (!in->is_strict && memmem(text, len, "sha256:", 7) == NULL))
		return 0;
	gv_buf_addstr(&name, in->name);
	if (n > 1)
		gv_buf_addf(&name, ", document %zu", n);
	if ((r = gv_buf_check(&name)) == 0)
		r = gv_yaml_parse(&yaml, name.p, text, len);
	root = r == 0 ? gv_yaml_root(yaml) : NULL;
	if (root)
		r = read_node(in, root);
	gv_yaml_free(yaml);
	gv_buf_release(&name);
	return r;
}

static int
read_documents(struct reading *in, const char *data, size_t len)
{
	const char *begin = data, *p, *end = data + len;
	size_t n = 0;
	int r = 0;

	in->out->read = 0;
	for (p = data; r == 0 && p < end; p = line_end(p, end)) {
		if (!is_separator(p, end) || p == begin)
			continue;
		r = read_document(in, ++n, begin, (size_t)(p - begin));
		begin = p;
	}
	return r < 0 ? r : read_document(in, ++n, begin, (size_t)(end - begin));
}

int
gv_bill_read_images(
    struct gv_bill *out, const char *name, const char *data, size_t len)
{
	return read_documents(&(struct reading){ out, name, false }, data, len);
}

int
gv_bill_read_yaml(
    struct gv_bill *out, const char *name, const char *data, size_t len)
{
	return read_documents(&(struct reading){ out, name, true }, data, len);
}

/* ---- the lock of Helm --------------------------------------------------- */

/* Its digest is of all that it locks, so that is what is named. */
int
gv_bill_read_chart(
    struct gv_bill *out, const char *name, const char *data, size_t len)
{
	struct gv_yaml *yaml = NULL;
	const char *digest;
	bool added = false;
	int r = gv_yaml_parse(&yaml, name, data, len);

	digest = r == 0 ? text_of(gv_yaml_root(yaml), "digest") : NULL;
	if (digest)
		r = gv_bill_add(out, &added, name,
		    &(struct gv_bill_item){
			.name = out->file ? out->file : name,
			.digest = digest });
	if (r == 0 && !added)
		r = gv_err(GV_EREFUSED,
		    "%s: it has no digest of the packages it locks", name);
	gv_yaml_free(yaml);
	return r;
}
