#include "symbol/symbol_k8s.h"

#include <string.h>

/*
 * Values that are in clear in a file that SOPS encrypted: somebody edited it
 * without SOPS, so they are in Git as they are, and the file's sum is wrong.
 * Only the first such key is reported. What the file itself leaves in clear by
 * the settings in its section "sops" does not count; where these are more than
 * words, the file is not looked at.
 */

struct clear {
	struct gv_symbols *out;
	const struct gv_doc *doc;
	uint32_t top;           /* the file's map, of which … */
	uint32_t sops;          /* … this is no value */
	struct gv_buf only;     /* encrypted_regex: ^(a|b)$; "": all keys */
	struct gv_buf but;      /* unencrypted_regex, the same */
	struct gv_buf but_end;  /* unencrypted_suffix */
	struct gv_buf only_end; /* encrypted_suffix */
	struct gv_buf key, text;
};

/* Make ^(a|b)$, ^a$ or a|b the words "a|b". False: it is no such pattern. A
 * pattern without the marks matches a part of the name. */
static bool
take_words(struct gv_buf *pattern)
{
	char *p = pattern->p, *end = p + pattern->len;

	if (pattern->len < 3 || *p != '^' || end[-1] != '$')
		return false;
	p++;
	end--;
	if (*p == '(' && end[-1] == ')') {
		p++;
		end--;
	}
	if ((size_t)(end - p) !=
	    strspn(p,
		"abcdefghijklmnopqrstuvwxyz"
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789_-|"))
		return false;
	memmove(pattern->p, p, (size_t)(end - p));
	pattern->len = (size_t)(end - p);
	pattern->p[pattern->len] = '\0';
	return true;
}

static bool
is_word_of(const struct gv_buf *words, const struct gv_buf *key)
{
	const char *p = words->p, *end;

	for (;; p = end + 1) {
		end = p + strcspn(p, "|");
		if ((size_t)(end - p) == key->len &&
		    memcmp(p, key->p, key->len) == 0)
			return true;
		if (*end == '\0')
			return false;
	}
}

/* Read the settings. False: they cannot be judged here. */
static bool
read_settings(struct clear *c)
{
	gv_symbol_scalar(
	    &c->only, c->doc, gv_doc_get(c->doc, c->sops, "encrypted_regex"));
	gv_symbol_scalar(
	    &c->but, c->doc, gv_doc_get(c->doc, c->sops, "unencrypted_regex"));
	gv_symbol_scalar(&c->only_end, c->doc,
	    gv_doc_get(c->doc, c->sops, "encrypted_suffix"));
	gv_symbol_scalar(&c->but_end, c->doc,
	    gv_doc_get(c->doc, c->sops, "unencrypted_suffix"));
	if (gv_doc_get(c->doc, c->sops, "encrypted_comment_regex") !=
		GV_DOC_NONE ||
	    gv_doc_get(c->doc, c->sops, "unencrypted_comment_regex") !=
		GV_DOC_NONE)
		return false;
	return (c->only.len == 0 || take_words(&c->only)) &&
	    (c->but.len == 0 || take_words(&c->but));
}

/* Whether SOPS encrypts what is below the keys from the top to `node`. */
static bool
is_encrypted(struct clear *c, uint32_t node)
{
	bool is = c->only.len == 0 && c->only_end.len == 0;
	uint32_t i;

	for (i = node; i != GV_DOC_NONE && i != c->top;
	     i = c->doc->nodes[i].parent) {
		if (!gv_symbol_key(&c->key, c->doc, i))
			continue;
		if ((c->but.len && is_word_of(&c->but, &c->key)) ||
		    (c->but_end.len && gv_symbol_ends(&c->key, c->but_end.p)) ||
		    gv_symbol_ends(&c->key, "_unencrypted"))
			return false;
		is |= (c->only.len && is_word_of(&c->only, &c->key)) ||
		    (c->only_end.len && gv_symbol_ends(&c->key, c->only_end.p));
	}
	return is;
}

/* An empty text stays as it is, and null has no value. */
static bool
is_clear(struct clear *c, uint32_t node)
{
	return gv_symbol_scalar(&c->text, c->doc, node) &&
	    strncmp(c->text.p, "ENC[", 4) != 0 &&
	    strcmp(c->text.p, "null") != 0 && strcmp(c->text.p, "~") != 0 &&
	    is_encrypted(c, node);
}

/* The nearest key at or above a node. */
static void
tell(struct clear *c, uint32_t node)
{
	uint32_t i = node;

	while (i != GV_DOC_NONE && !gv_symbol_key(&c->key, c->doc, i))
		i = c->doc->nodes[i].parent;
	if (i != GV_DOC_NONE)
		gv_symbol_add(c->out,
		    &(struct gv_symbol_row){ .kind = GV_SYMBOL_VALUE,
			.word = GV_SYMBOL_VALUE_SOPS_CLEAR,
			.line = gv_symbol_line(c->doc, node),
			.in = GV_SYMBOL_NONE,
			.name = c->key.p,
			.name_len = c->key.len });
}

void
gv_symbol_sops_clear(struct gv_symbols *out, const struct gv_doc *doc,
    uint32_t top, uint32_t sops)
{
	struct clear c = { .out = out, .doc = doc, .top = top, .sops = sops };
	const uint32_t last = doc->nodes[top].next;
	uint32_t i;

	c.only = c.but = c.but_end = c.only_end = (struct gv_buf)GV_BUF_INIT;
	c.key = c.text = (struct gv_buf)GV_BUF_INIT;
	if (read_settings(&c))
		for (i = top + 1; i < last; i++) {
			if (i == sops)
				i = doc->nodes[i].next - 1;
			else if (doc->nodes[i].kind == GV_DOC_SCALAR &&
			    is_clear(&c, i)) {
				tell(&c, i);
				break;
			}
		}
	out->failed |= c.key.failed || c.text.failed || c.only.failed ||
	    c.but.failed || c.but_end.failed || c.only_end.failed;
	gv_buf_release(&c.only);
	gv_buf_release(&c.but);
	gv_buf_release(&c.but_end);
	gv_buf_release(&c.only_end);
	gv_buf_release(&c.key);
	gv_buf_release(&c.text);
}
