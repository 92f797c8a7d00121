#include "search/search_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "object/odb.h"
#include "repo/repo.h"
#include "search/tagger.h"
#include "sys/cancel.h"

/* What is given to the tagger at once. */
#define MOST_TEXTS 1000
#define MOST_BYTES ((size_t)8 * 1024 * 1024)

struct asking {
	struct gv_search *s;
	struct gv_tagger tagger;
	bool *is_saved; /* by version: a snapshot has it */
	struct gv_object objects[MOST_TEXTS];
	struct gv_tagger_text texts[MOST_TEXTS];
	uint32_t versions[MOST_TEXTS];
	size_t n, bytes;
};

static bool
is_wanted(void *ctx, const char *name, size_t len)
{
	size_t at, match;

	return gv_sought_find(&at, &match, ctx, name, len, 0);
}

static int
compare(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* What the tagger knows takes the place of what the table says. */
static int
take(struct asking *a, size_t i)
{
	struct gv_search_private *p = a->s->private;
	const uint32_t version = a->versions[i];
	struct gv_tagger_text *text = &a->texts[i];
	struct gv_search_tags *tags = &p->tags[version];

	tags->is_known = text->is_known;
	tags->lines = text->lines;
	tags->n = text->n;
	if (tags->n)
		qsort(tags->lines, tags->n, sizeof(*tags->lines), compare);
	text->lines = NULL;
	if (!tags->is_known)
		return 0;
	p->found[version] = (struct gv_story_version){ .lines = 0 };
	return gv_search_look(a->s, version, text->text, text->len);
}

static int
flush(struct asking *a)
{
	struct gv_search_private *p = a->s->private;
	size_t i;
	int r =
	    gv_tagger_run(&a->tagger, a->texts, a->n, is_wanted, &p->sought);

	for (i = 0; i < a->n; i++) {
		if (r == 0)
			r = take(a, i);
		free(a->texts[i].lines);
		gv_object_release(&a->objects[i]);
	}
	memset(a->texts, 0, sizeof(a->texts));
	memset(a->objects, 0, sizeof(a->objects));
	a->n = a->bytes = 0;
	return r;
}

static int
add(struct asking *a, uint32_t version)
{
	struct gv_search_private *p = a->s->private;
	struct gv_object *obj = &a->objects[a->n];
	int r;

	if (gv_cancel_requested())
		return gv_cancel_error();
	r = gv_odb_read_type(p->odb, obj, &p->versions[version], GV_OTYPE_BLOB);
	if (r < 0)
		return r == GV_ENOMEM ? r : 0;
	a->texts[a->n] = (struct gv_tagger_text){
		.path = a->s->paths[p->path_of[version]],
		.text = (const char *)obj->data,
		.len = obj->len,
	};
	a->versions[a->n++] = version;
	a->bytes += obj->len;
	return a->n == MOST_TEXTS || a->bytes > MOST_BYTES ? flush(a) : 0;
}

static void
find_saved(struct asking *a)
{
	const struct gv_search_private *p = a->s->private;
	size_t i;

	for (i = 0; i < p->n_changes; i++)
		if (!p->changes[i].is_commit &&
		    p->changes[i].version != GV_STORY_NONE)
			a->is_saved[p->changes[i].version] = true;
}

static int
ask(struct asking *a)
{
	struct gv_search_private *p = a->s->private;
	uint32_t i;
	int r;

	if ((r = gv_tagger_find(&a->tagger, p->repo->worktree)) < 0)
		return r;
	if (a->tagger.program.len == 0)
		return 0;
	find_saved(a);
	for (i = 0; i < p->n_versions; i++)
		if (p->found[i].is_word && a->is_saved[i] &&
		    (r = add(a, i)) < 0)
			return r;
	r = flush(a);
	a->s->is_untagged = a->tagger.program.len == 0;
	return r;
}

int
gv_search_ask_tagger(struct gv_search *s)
{
	struct gv_search_private *p = s->private;
	struct asking *a = calloc(1, sizeof(*a));
	size_t i;
	int r;

	p->tags = calloc(p->n_versions + 1, sizeof(*p->tags));
	if (a == NULL || p->tags == NULL) {
		free(a);
		return gv_err_nomem();
	}
	a->s = s;
	a->is_saved = calloc(p->n_versions + 1, sizeof(*a->is_saved));
	r = a->is_saved ? ask(a) : gv_err_nomem();
	for (i = 0; i < a->n; i++)
		gv_object_release(&a->objects[i]);
	gv_tagger_release(&a->tagger);
	free(a->is_saved);
	free(a);
	return r;
}
