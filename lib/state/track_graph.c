#include "state/track_graph.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "toolstate/state.h"

/* A resource: all of its instances. */
struct node {
	const char *address;
	size_t *needs; /* numbers of nodes */
	size_t n, cap;
	size_t next; /* of these, while it is looked at */
	bool is_there, is_open, is_done;
};

/* What a resource needs and did not stand before it. */
struct late {
	size_t node, need;
};

struct gv_track_graph {
	bool has_keys;   /* in brackets, which dependencies do not say */
	bool is_ordered; /* what is needed stands before who needs it */
	bool is_closed;  /* what is needed is there */
	struct late *late;
	size_t n_late, cap_late;
	struct gv_arena arena;
	struct gv_map items;   /* by address and deposed key */
	struct gv_map numbers; /* of nodes, by address */
	struct node *nodes;
	size_t n, cap;
	struct note {
		enum gv_track_finding kind;
		const char *text;
	} * notes;
	size_t n_notes, cap_notes;
};

int
gv_track_graph_new(struct gv_track_graph **out, const char *tool)
{
	struct gv_track_graph *g = calloc(1, sizeof(*g));

	*out = g;
	if (g == NULL)
		return gv_err_nomem();
	g->is_ordered = strcmp(tool, "pulumi") == 0;
	g->is_closed = strcmp(tool, "cloudformation") != 0;
	g->has_keys = g->is_closed && !g->is_ordered;
	return 0;
}

void
gv_track_graph_free(struct gv_track_graph *graph)
{
	size_t i;

	if (graph == NULL)
		return;
	for (i = 0; i < graph->n; i++)
		free(graph->nodes[i].needs);
	free(graph->nodes);
	free(graph->notes);
	free(graph->late);
	gv_map_release(&graph->items);
	gv_map_release(&graph->numbers);
	gv_arena_release(&graph->arena);
	free(graph);
}

/* ---- building ----------------------------------------------------------- */

/* A key may hold brackets, too. */
void
gv_track_graph_strip(char *out, const char *address)
{
	bool in_key = false, in_text = false;

	for (; *address; address++) {
		if (in_text && *address == '\\' && address[1]) {
			address++;
		} else if (in_key && *address == '"') {
			in_text = !in_text;
		} else if (!in_key && *address == '[') {
			in_key = true;
		} else if (in_key && !in_text && *address == ']') {
			in_key = false;
		} else if (!in_key) {
			*out++ = *address;
		}
	}
	*out = '\0';
}

/* The number of the node of this address, made where there is none. */
static int
number_of(size_t *out, struct gv_track_graph *g, const char *address)
{
	size_t len = strlen(address);
	char *name = gv_arena_alloc(&g->arena, len + 1);
	size_t *number;
	int r;

	if (name == NULL)
		return GV_ENOMEM;
	if (g->has_keys)
		gv_track_graph_strip(name, address);
	else
		memcpy(name, address, len + 1);
	len = strlen(name);
	number = gv_map_get(&g->numbers, name, len);
	if (number) {
		*out = *number;
		return 0;
	}
	number = gv_arena_alloc(&g->arena, sizeof(*number));
	if ((r = number ? GV_GROW(g->nodes, g->n, g->cap) : GV_ENOMEM) == 0)
		r = gv_map_put(&g->numbers, name, len, number);
	if (r < 0)
		return r;
	*number = g->n;
	g->nodes[g->n] = (struct node){ .address = name };
	*out = g->n++;
	return 0;
}

static int
note(struct gv_track_graph *g, enum gv_track_finding kind, struct gv_buf *text)
{
	char *copy = gv_arena_copy(&g->arena, text->p, text->len);
	int r = copy ? gv_buf_check(text) : GV_ENOMEM;

	gv_buf_reset(text);
	if (r == 0 && (r = GV_GROW(g->notes, g->n_notes, g->cap_notes)) == 0)
		g->notes[g->n_notes++] = (struct note){ kind, copy };
	return r;
}

static int
add_once(struct gv_track_graph *g, const struct gv_track_item *item,
    struct gv_buf *text)
{
	size_t n = strlen(item->address), m = strlen(item->deposed);
	char *key = gv_arena_alloc(&g->arena, n + m + 1);

	if (key == NULL)
		return GV_ENOMEM;
	memcpy(key, item->address, n + 1);
	memcpy(key + n + 1, item->deposed, m);
	if (gv_map_get(&g->items, key, n + m + 1) == NULL)
		return gv_map_put(&g->items, key, n + m + 1, key);
	gv_buf_addf(text, "%s is in it twice", item->address);
	return note(g, GV_TRACK_DUPLICATE, text);
}

static int
look_at_marks(struct gv_track_graph *g, const struct gv_track_item *item,
    struct gv_buf *text)
{
	if (!(item->marks &
		(GV_STATE_TAINTED | GV_STATE_DEPOSED | GV_STATE_PENDING)))
		return 0;
	gv_buf_addf(text, "%s is %s", item->address,
	    item->marks & GV_STATE_DEPOSED
		? "deposed: an older one that is yet to be destroyed"
		: item->marks & GV_STATE_TAINTED
		? "tainted: it will be replaced"
		: "pending: an operation on it did not end");
	return note(g, GV_TRACK_UNFINISHED, text);
}

static int
add_need(struct gv_track_graph *g, size_t at, const char *address)
{
	struct node *node;
	size_t need = 0;
	int r = number_of(&need, g, address);

	if (r < 0)
		return r;
	node = &g->nodes[at];
	r = GV_GROW(node->needs, node->n, node->cap);
	if (r < 0)
		return r;
	node->needs[node->n++] = need;
	if (!g->is_ordered || g->nodes[need].is_there)
		return 0;
	if ((r = GV_GROW(g->late, g->n_late, g->cap_late)) == 0)
		g->late[g->n_late++] = (struct late){ at, need };
	return r;
}

int
gv_track_graph_add(void *graph, const struct gv_track_item *item)
{
	struct gv_track_graph *g = graph;
	struct gv_buf text = GV_BUF_INIT;
	size_t at = 0, i;
	int r = add_once(g, item, &text);

	if (r == 0 && (r = look_at_marks(g, item, &text)) == 0 &&
	    (r = number_of(&at, g, item->address)) == 0)
		g->nodes[at].is_there = true;
	for (i = 0; r == 0 && i < item->n_needs; i++)
		r = add_need(g, at, item->needs[i]);
	gv_buf_release(&text);
	return r;
}

/* ---- checking ----------------------------------------------------------- */

/* The nodes from `from` on, as they are open one in the other. */
static int
note_circle(struct gv_track_graph *g, const size_t *open, size_t n, size_t from)
{
	struct gv_buf text = GV_BUF_INIT;
	size_t i = n;
	int r;

	while (i > 0 && open[i - 1] != from)
		i--;
	gv_buf_addstr(&text, g->nodes[from].address);
	for (; i < n; i++)
		gv_buf_addf(
		    &text, " needs %s, which", g->nodes[open[i]].address);
	gv_buf_addf(&text, " needs %s", g->nodes[from].address);
	r = note(g, GV_TRACK_CIRCULAR, &text);
	gv_buf_release(&text);
	return r;
}

/* Depth first, without recursion: `open` has the way to where we are. */
static int
visit(struct gv_track_graph *g, size_t *open, size_t start)
{
	size_t n = 0;
	int r = 0;

	open[n++] = start;
	g->nodes[start].is_open = true;
	while (r == 0 && n > 0) {
		struct node *node = &g->nodes[open[n - 1]];
		size_t next;

		if (node->next == node->n) {
			node->is_open = false;
			node->is_done = true;
			n--;
			continue;
		}
		next = node->needs[node->next++];
		if (g->nodes[next].is_open) {
			r = note_circle(g, open, n, next);
		} else if (!g->nodes[next].is_done) {
			g->nodes[next].is_open = true;
			open[n++] = next;
		}
	}
	return r;
}

static int
find_circles(struct gv_track_graph *g)
{
	size_t *open = calloc(g->n ? g->n : 1, sizeof(*open)), i;
	int r = open ? 0 : gv_err_nomem();

	for (i = 0; r == 0 && i < g->n; i++)
		if (!g->nodes[i].is_done)
			r = visit(g, open, i);
	free(open);
	return r;
}

/* Each that is missing once, whoever needs it. */
static int
find_unknown(struct gv_track_graph *g)
{
	struct gv_buf text = GV_BUF_INIT;
	size_t i, k;
	int r = 0;

	for (i = 0; r == 0 && i < g->n; i++) {
		for (k = 0; r == 0 && k < g->nodes[i].n; k++) {
			struct node *need = &g->nodes[g->nodes[i].needs[k]];

			if (need->is_there)
				continue;
			need->is_there = true;
			gv_buf_addf(&text, "%s needs %s, which is not in it",
			    g->nodes[i].address, need->address);
			r = note(g, GV_TRACK_UNKNOWN, &text);
		}
	}
	gv_buf_release(&text);
	return r;
}

static int
find_late(struct gv_track_graph *g)
{
	struct gv_buf text = GV_BUF_INIT;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < g->n_late; i++) {
		const struct node *need = &g->nodes[g->late[i].need];

		if (!need->is_there)
			continue;
		gv_buf_addf(&text, "%s needs %s, which comes after it",
		    g->nodes[g->late[i].node].address, need->address);
		r = note(g, GV_TRACK_ORDER, &text);
	}
	gv_buf_release(&text);
	return r;
}

int
gv_track_graph_check(struct gv_track_graph *graph,
    int (*tell)(void *ctx, enum gv_track_finding kind, const char *sentence),
    void *ctx)
{
	size_t i;
	int r;

	if ((r = find_late(graph)) < 0)
		return r;

	/* from here on what is missing counts as told */
	if (graph->is_closed && (r = find_unknown(graph)) < 0)
		return r;
	if ((r = find_circles(graph)) < 0)
		return r;
	for (i = 0; r == 0 && i < graph->n_notes; i++)
		r = tell(ctx, graph->notes[i].kind, graph->notes[i].text);
	return r;
}
