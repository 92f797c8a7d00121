#include "lint/lint_internal.h"

#include <string.h>

/*
 * Images: a tag that says nothing, and a tag that has moved.
 */

bool
gv_lint_is_image(const struct gv_symbol *s)
{
	return s->kind == GV_SYMBOL_REFERENCE && s->how == GV_SYMBOL_EXTERNAL &&
	    (s->word == GV_SYMBOL_EDGE_K8S_IMAGE ||
		s->word == GV_SYMBOL_EDGE_COMPOSE_IMAGE ||
		s->word == GV_SYMBOL_EDGE_GITLAB_IMAGE ||
		s->word == GV_SYMBOL_EDGE_DOCKER_FROM);
}

/* Images that a kustomization gives a tag or a digest. */
static void
note_tagged(struct gv_lint *c, struct gv_map *tagged)
{
	const struct gv_depgraph *g = c->graph;
	uint32_t k;

	for (k = 0; k < g->symbols.n; k++) {
		const struct gv_symbol *s = &g->symbols.items[k];
		const char *becomes = gv_lint_extra(c, s);
		const char *slash = strrchr(becomes, '/');

		if (s->kind == GV_SYMBOL_VALUE &&
		    s->word == GV_SYMBOL_VALUE_KUSTOMIZE_IMAGE &&
		    strpbrk(slash ? slash : becomes, ":@") &&
		    gv_map_put(tagged, gv_lint_name(c, s), s->name.len, c) < 0)
			c->failed = true;
	}
}

static void
look_at_tag(struct gv_lint *c, const struct gv_map *tagged, uint32_t k)
{
	const struct gv_symbol *s = &c->graph->symbols.items[k];
	const char *name = gv_lint_name(c, s);
	const char *tag = gv_lint_extra(c, s);

	if (strcmp(name, "image:scratch") == 0 ||
	    (s->word == GV_SYMBOL_EDGE_K8S_IMAGE &&
		gv_map_get(tagged, name + strlen("image:"),
		    s->name.len - strlen("image:"))))
		return;
	if (*tag == '\0')
		gv_lint_add(c, "image/unpinned", name, gv_lint_at(c, k),
		    "'%s' has no tag, so each pull may get another image",
		    name + strlen("image:"));
	else if (strcmp(tag, "latest") == 0)
		gv_lint_add(c, "image/unpinned", name, gv_lint_at(c, k),
		    "'%s' has the tag latest, so each pull may get another "
		    "image",
		    name + strlen("image:"));
}

/* TAG@DIGEST: the first digest of each image and tag is remembered. */
static void
look_at_digest(struct gv_lint *c, struct gv_map *first, uint32_t k)
{
	const struct gv_depgraph *g = c->graph;
	const struct gv_symbol *s = &g->symbols.items[k];
	const char *version = gv_lint_extra(c, s);
	const char *digest = strchr(version, '@');
	struct gv_buf key = GV_BUF_INIT;
	uint32_t other;

	if (digest == NULL || digest == version)
		return;
	gv_buf_addf(&key, "%s:%.*s", gv_lint_name(c, s),
	    (int)(digest - version), version);
	other = gv_lint_first(c, first, key.p, key.len, k);
	if (strcmp(digest,
		strchr(gv_lint_extra(c, &g->symbols.items[other]), '@')) != 0) {
		gv_lint_add(c, "image/moved", key.p, gv_lint_at(c, other),
		    "'%s' has several digests: the tag was moved",
		    key.p + strlen("image:"));
		gv_lint_add_place(c, "image/moved", key.p, gv_lint_at(c, k));
	}
	c->failed |= key.failed;
	gv_buf_release(&key);
}

void
gv_lint_images(struct gv_lint *c)
{
	const struct gv_depgraph *g = c->graph;
	struct gv_map first = GV_MAP_INIT, tagged = GV_MAP_INIT;
	uint32_t k;

	note_tagged(c, &tagged);
	for (k = 0; k < g->symbols.n && !c->failed; k++) {
		const struct gv_symbol *s = &g->symbols.items[k];

		if (!gv_lint_is_image(s) || (s->flags & GV_SYMBOL_PATTERN))
			continue;
		look_at_tag(c, &tagged, k);
		look_at_digest(c, &first, k);
	}
	gv_map_release(&first);
	gv_map_release(&tagged);
}
