#include "search/search_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "infra/makeup.h"

/* What became of the text, as far as it is known: some of it while versions are
 * still to be read. */

/* Only files that had the text have a story. */
static int
find_foreign(struct gv_search_private *p, const char *const *paths)
{
	size_t i;

	if (p->is_foreign == NULL)
		p->is_foreign = calloc(p->n_paths + 1, sizeof(*p->is_foreign));
	if (p->is_foreign == NULL)
		return gv_err_nomem();
	for (i = 0; i < p->n_changes; i++) {
		const struct gv_story_change *c = &p->changes[i];

		if (c->version != GV_STORY_NONE && p->found[c->version].lines)
			p->is_foreign[c->path] = true; /* to be looked at */
	}
	for (i = 0; i < p->n_paths; i++)
		if (p->is_foreign[i])
			p->is_foreign[i] =
			    gv_makeup_is_foreign(paths[i], strlen(paths[i]));
	return 0;
}

static unsigned
count_alike(void *ctx, const struct gv_story_change *gone, uint32_t version,
    const struct gv_story_change *came)
{
	struct gv_search *s = ctx;
	struct gv_search_private *p = s->private;

	return gv_descent_alike(&p->descent, &p->versions[version],
	    s->paths[gone->path], &p->versions[came->version],
	    s->paths[came->path]);
}

/* A story is the one that begins with this event: no other one does. 1 where it
 * was shown before, 0, or GV_ENOMEM. */
static int
note_shown(struct gv_search *s, const struct gv_story *story)
{
	struct gv_search_private *p = s->private;
	const uint32_t first[2] = { story->events[0].step,
		story->events[0].path };
	const char *key;

	if (gv_map_get(&p->shown, first, sizeof(first)))
		return 1;
	key = gv_arena_copy(&s->arena, (const char *)first, sizeof(first));
	return key ? gv_map_put(&p->shown, key, sizeof(first), p)
		   : gv_err_nomem();
}

int
gv_search_tell(struct gv_search *s)
{
	struct gv_search_private *p = s->private;
	size_t i;
	int r;

	if ((r = find_foreign(p, s->paths)) < 0)
		return r;
	gv_story_release(&s->stories);
	/* each time, files are followed that far; their prints are kept */
	p->descent.compared = 0;
	r = gv_story_tell(&s->stories,
	    &(struct gv_story_steps){ .changes = p->changes,
		.n = p->n_changes,
		.versions = p->found,
		.n_versions = p->n_versions,
		.is_read = p->is_known,
		.now = p->now,
		.is_foreign = p->is_foreign,
		.n_paths = p->n_paths,
		.alike = count_alike,
		.ctx = s });
	for (i = 0; r == 0 && i < s->stories.n; i++) {
		const struct gv_story *story = &s->stories.items[i];

		if (story->is_open || (r = note_shown(s, story)) > 0)
			r = 0;
		else if (r == 0)
			r = p->opts->each(p->opts->ctx, story);
	}
	return r;
}
