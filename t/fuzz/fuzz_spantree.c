/*
 * Reads arbitrary bytes as YAML and as JSON. Each place must lie in the text,
 * each node must come after its parent, and every question must end.
 */
#include "fuzz.h"

#include <string.h>

#include "base/err.h"
#include "format/spantree.h"

static void
must_lie_within(const struct gv_spantree_span *s, size_t len)
{
	must(s->at <= len && s->len <= len - s->at);
}

static void
look(const struct gv_spantree *tree, size_t len)
{
	struct gv_spantree_cursor c = { .doc = 0 };
	size_t i;

	for (i = 0; i < tree->n; i++) {
		const struct gv_spantree_node *n = &tree->nodes[i];

		must_lie_within(&n->key, len);
		must_lie_within(&n->value, len);
		must(n->anchor <= len && n->anchor_len <= len - n->anchor);
		must(n->next == GV_SPANTREE_NONE || n->next > i);
		must(n->first == GV_SPANTREE_NONE || n->first == i + 1);
		if (i < 1000) {
			(void)gv_spantree_get(tree, n, "kind");
			(void)gv_spantree_is(tree, &n->value, "Secret");
		}
	}
	for (i = 0; i < len; i++)
		(void)gv_spantree_knows(tree, i, &c);
	for (i = 0; i < tree->n_docs; i++)
		must_lie_within(&tree->docs[i], len);
}

static bool
is_same_span(const struct gv_spantree_span *a, const struct gv_spantree_span *b)
{
	return a->len == b->len && a->style == b->style &&
	    (a->len == 0 || a->at == b->at);
}

/* What is read without libyaml is the tree that libyaml gives. */
static void
compare(const char *text, size_t len)
{
	struct gv_spantree plain = { .text = text }, yaml = { .text = text };
	int r = gv_spantree_read_plain(&plain, 0, len);
	size_t i;

	if (r <= 0) {
		must(gv_spantree_read_yaml(&yaml, 0, len) == r);
		must(r < 0 || plain.n == yaml.n);
	}
	for (i = 0; r == 0 && i < plain.n; i++) {
		const struct gv_spantree_node *a = &plain.nodes[i];
		const struct gv_spantree_node *b = &yaml.nodes[i];

		must(a->kind == b->kind && a->next == b->next &&
		    a->first == b->first && is_same_span(&a->key, &b->key) &&
		    is_same_span(&a->value, &b->value));
	}
	gv_spantree_release(&plain);
	gv_spantree_release(&yaml);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *exact = malloc(len ? len : 1);
	struct gv_spantree tree;
	int i;

	must(exact != NULL);
	if (len)
		memcpy(exact, data, len);
	for (i = 0; i < 2; i++) {
		must(gv_spantree_read(&tree, exact, len, i) == 0);
		look(&tree, len);
		gv_spantree_release(&tree);
	}
	compare(exact, len);
	free(exact);
	return 0;
}
