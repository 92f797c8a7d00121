#include "project/sight.h"

#include <string.h>

#include "base/err.h"
#include "base/time.h"
#include "base/vec.h"
#include "format/unjson.h"

static int
keep(const char **out, struct gv_sight *s, const struct gv_unjson_node *map,
    const char *key)
{
	const char *text = gv_unjson_get_text(map, key);

	*out = text ? gv_arena_copy(&s->arena, text, strlen(text)) : NULL;
	return text && *out == NULL ? GV_ENOMEM : 0;
}

static int
keep_list(struct gv_sight_texts *out, struct gv_sight *s,
    const struct gv_unjson_node *map, const char *key)
{
	const struct gv_unjson_node *node = gv_unjson_get(map, key);

	if (node == NULL || node->kind != GV_UNJSON_LIST)
		return 0;
	for (node = node->first; node; node = node->next) {
		if (node->kind != GV_UNJSON_TEXT)
			continue;
		if (GV_GROW(out->items, out->n, out->cap) < 0)
			return gv_err_nomem();
		out->items[out->n] =
		    gv_arena_copy(&s->arena, node->text, node->len);
		if (out->items[out->n++] == NULL)
			return GV_ENOMEM;
	}
	return 0;
}

static uint64_t
count(const struct gv_unjson_node *map, const char *key)
{
	const int64_t n = gv_unjson_count(gv_unjson_get(map, key));

	return n > 0 ? (uint64_t)n : 0;
}

static void
take_numbers(struct gv_sight *out, const struct gv_unjson_node *root)
{
	const struct gv_unjson_node *changes = gv_unjson_get(root, "changes");
	const char *time = gv_unjson_get_text(root, "last_time");

	if (time && gv_time_parse_rfc3339(&out->last_time, time) < 0)
		out->last_time = 0;
	time = gv_unjson_get_text(root, "auto_time");
	if (time && gv_time_parse_rfc3339(&out->auto_time, time) < 0)
		out->auto_time = 0;
	out->has_changes = changes && changes->kind == GV_UNJSON_MAP;
	out->added = count(changes, "added");
	out->changed = count(changes, "changed");
	out->removed = count(changes, "removed");
	out->unreadable = count(changes, "unreadable");
	out->commits = gv_unjson_count(gv_unjson_get(root, "unpushed"));
	out->unsent = count(root, "unsent");
	out->remotes = count(root, "remotes");
	out->behind = count(root, "behind");
	out->size = count(root, "size");
}

static int
take_texts(struct gv_sight *out, const struct gv_unjson_node *root)
{
	int r;

	if ((r = keep(&out->name, out, root, "name")) < 0 ||
	    (r = keep(&out->path, out, root, "path")) < 0 ||
	    (r = keep(&out->client, out, root, "client")) < 0 ||
	    (r = keep(&out->phase, out, root, "phase")) < 0 ||
	    (r = keep(&out->language, out, root, "language")) < 0 ||
	    (r = keep(&out->branch, out, root, "branch")) < 0 ||
	    (r = keep(&out->last, out, root, "last")) < 0 ||
	    (r = keep(&out->next, out, root, "next")) < 0 ||
	    (r = keep_list(&out->stack, out, root, "stack")) < 0 ||
	    (r = keep_list(&out->tags, out, root, "tags")) < 0 ||
	    (r = keep_list(&out->parts, out, root, "parts")) < 0 ||
	    (r = keep_list(&out->related, out, root, "related")) < 0 ||
	    (r = keep_list(&out->from, out, root, "rewritten_from")) < 0 ||
	    (r = keep_list(&out->as, out, root, "rewritten_as")) < 0)
		return r;
	return keep_list(&out->dangers, out, root, "dangers");
}

int
gv_sight_read(struct gv_sight *out, char *text, size_t len)
{
	const struct gv_unjson_node *root;
	struct gv_unjson *doc = NULL;
	int r;

	memset(out, 0, sizeof(*out));
	if ((r = gv_unjson_parse(&doc, "git vault project show", text, len)) <
	    0)
		return r;
	root = gv_unjson_root(doc);
	if ((r = take_texts(out, root)) == 0 &&
	    (out->name == NULL || out->path == NULL))
		r = gv_err(GV_EREFUSED, "it names no project");
	take_numbers(out, root);
	gv_unjson_free(doc);
	return r;
}
