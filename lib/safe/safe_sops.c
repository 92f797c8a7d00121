#include "safe/safe_sops.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/age.h"
#include "crypto/armor.h"
#include "safe/safe_who.h"

#define DEEP 256 /* keys above a value; documents are less deep */

struct gv_safe_sops {
	struct gv_doc doc;
	struct gv_secret key;
	uint32_t next; /* behind the node that was found last */
};

bool
gv_safe_sops_is(const char *text, size_t len)
{
	return gv_sops_is(text, len);
}

void
gv_safe_sops_close(struct gv_safe_sops *s)
{
	if (s == NULL)
		return;
	gv_secret_release(&s->key);
	gv_doc_release(&s->doc);
	free(s);
}

/* ---- the data key -------------------------------------------------------- */

/* One of the entries below sops.age. */
static int
open_entry(struct gv_secret *out, const struct gv_doc *doc, uint32_t entry,
    const struct gv_identity *const *with, size_t n)
{
	const uint32_t node = gv_doc_get(doc, entry, "enc");
	struct gv_buf text = GV_BUF_INIT, sealed = GV_BUF_INIT;
	int r = GV_ECORRUPT;

	if (node != GV_DOC_NONE)
		gv_doc_text(&text, doc, node);
	if (gv_buf_check(&text) < 0)
		r = GV_ENOMEM;
	else if (gv_armor_is(text.p, text.len))
		r = gv_armor_read(&sealed, text.p, text.len);
	else
		r = gv_err(
		    GV_ECORRUPT, "its section sops has no file of age in enc");
	if (r == 0)
		r = gv_age_open(out, with, n, sealed.p, sealed.len, NULL);
	if (r == 0 && out->len != GV_SOPS_KEY) {
		gv_secret_reset(out);
		r = gv_err(GV_ECORRUPT, "its data key has another length");
	}
	gv_buf_release(&text);
	gv_buf_release(&sealed);
	return r;
}

static int
refuse(const char *why)
{
	return gv_err(
	    GV_EREFUSED, "%s; the program sops opens it: sops decrypt", why);
}

static int
open_key(struct gv_safe_sops *s, struct gv_safe *safe)
{
	const struct gv_doc *doc = &s->doc;
	const uint32_t list = gv_doc_find(doc, GV_DOC_NONE, "sops.age");
	const struct gv_identity *const *with;
	uint32_t entry;
	size_t n;
	int r;

	if (gv_doc_find(doc, GV_DOC_NONE, "sops.key_groups") != GV_DOC_NONE)
		return refuse("its data key is shared among groups");
	if (list == GV_DOC_NONE ||
	    (entry = gv_doc_first(doc, list)) == GV_DOC_NONE)
		return refuse("its data key is not encrypted for age, but for "
			      "a service or PGP");
	if ((r = gv_safe_identities(&with, &n, safe)) < 0)
		return r;
	for (; entry != GV_DOC_NONE; entry = gv_doc_next(doc, entry))
		if ((r = open_entry(&s->key, doc, entry, with, n)) != GV_ENOKEY)
			return r;
	return gv_err(GV_ENOKEY,
	    "none of your keys opens its data key; if another does, name its "
	    "file: --identity ~/.config/sops/age/keys.txt");
}

int
gv_safe_sops_open(struct gv_safe_sops **out, struct gv_safe *safe,
    enum gv_doc_format format, const char *text, size_t len)
{
	struct gv_safe_sops *s;
	int r;

	if (format != GV_DOC_FORMAT_YAML && format != GV_DOC_FORMAT_JSON)
		return refuse(
		    "values of SOPS are opened in YAML and JSON alone");
	if ((s = calloc(1, sizeof(*s))) == NULL)
		return gv_err_nomem();
	if ((r = gv_doc_read(&s->doc, format, text, len, NULL)) < 0 ||
	    (r = open_key(s, safe)) < 0) {
		gv_safe_sops_close(s);
		return r;
	}
	*out = s;
	return 0;
}

/* ---- the place ----------------------------------------------------------- */

/* The scalar that begins at these bytes. They are asked for in the order of the
 * text, as a rule, so it is looked for behind the last one first. */
static uint32_t
find_node(struct gv_safe_sops *s, const struct gv_safe_sops_value *v)
{
	const struct gv_doc_node *node;
	uint32_t i, at;

	for (i = 0; i < s->doc.n; i++) {
		at = (s->next + i) % s->doc.n;
		node = &s->doc.nodes[at];
		if (node->at == v->at && node->len == v->size) {
			s->next = at + 1;
			return at;
		}
	}
	return GV_DOC_NONE;
}

/* Each key above it, and its own, a colon behind each. */
static int
add_place(struct gv_buf *out, const struct gv_doc *doc, uint32_t node)
{
	uint32_t up[DEEP];
	size_t n = 0;

	for (; node != GV_DOC_NONE && n < DEEP; node = doc->nodes[node].parent)
		if (doc->nodes[node].key_len)
			up[n++] = node;
	while (n > 0) {
		gv_doc_key(out, doc, up[--n]);
		gv_buf_addch(out, ':');
	}
	return gv_buf_check(out);
}

/* ---- a value ------------------------------------------------------------- */

int
gv_safe_sops_get(struct gv_safe_sops *s, struct gv_secret *out,
    const struct gv_safe_sops_value *v)
{
	const uint32_t node = find_node(s, v);
	struct gv_buf place = GV_BUF_INIT;
	int r;

	if (node == GV_DOC_NONE)
		return gv_err(GV_EREFUSED,
		    "a value of SOPS is not written as a text of its own");
	if ((r = add_place(&place, &s->doc, node)) == 0)
		r = gv_sops_open(out, s->key.p, place.p, v->text, v->len);
	gv_buf_release(&place);
	return r;
}
