#include "search/descent.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/vec.h"
#include "kin/print.h"
#include "object/odb.h"
#include "object/tree.h"
#include "search/sought.h"

/* ---- contents ------------------------------------------------------------ */

struct gv_descent_content {
	struct gv_oid oid;
	struct gv_prints prints;
	struct gv_descent_content *next;
};

void
gv_descent_init(struct gv_descent *d, struct gv_odb *odb)
{
	*d = (struct gv_descent){ .odb = odb };
}

void
gv_descent_release(struct gv_descent *d)
{
	struct gv_descent_content *c;

	while ((c = d->contents) != NULL) {
		d->contents = c->next;
		gv_prints_release(&c->prints);
		free(c);
	}
	gv_map_release(&d->map);
}

static void
take(struct gv_descent *d, struct gv_descent_content *c, const char *path)
{
	struct gv_prints both[GV_PRINT_STREAMS];
	struct gv_object obj = { 0 };
	char *before = gv_err_save();

	d->read++;
	if (gv_odb_has(d->odb, &c->oid) &&
	    gv_odb_read_type(d->odb, &obj, &c->oid, GV_OTYPE_BLOB) == 0 &&
	    obj.len <= GV_DESCENT_SIZE &&
	    gv_sought_is_text(obj.data, obj.len)) {
		if (gv_prints_of(both, path, (const char *)obj.data, obj.len) ==
		    0) {
			c->prints = both[GV_PRINT_KEPT];
			both[GV_PRINT_KEPT] =
			    (struct gv_prints){ .items = NULL };
		}
		gv_prints_release(&both[GV_PRINT_KEPT]);
		gv_prints_release(&both[GV_PRINT_RENAMED]);
	}
	gv_object_release(&obj);
	gv_err_restore(before);
}

/* NULL where no more is read. */
static struct gv_prints *
prints_of(struct gv_descent *d, const struct gv_oid *oid, const char *path)
{
	struct gv_descent_content *c =
	    gv_map_get(&d->map, oid->id, sizeof(oid->id));

	if (c)
		return &c->prints;
	if (d->read == GV_DESCENT_READ || (c = calloc(1, sizeof(*c))) == NULL)
		return NULL;
	c->oid = *oid;
	if (gv_map_put(&d->map, c->oid.id, sizeof(c->oid.id), c) < 0) {
		free(c);
		return NULL;
	}
	c->next = d->contents;
	d->contents = c;
	take(d, c, path);
	return &c->prints;
}

unsigned
gv_descent_alike(struct gv_descent *d, const struct gv_oid *old,
    const char *old_path, const struct gv_oid *new, const char *new_path)
{
	struct gv_prints *a, *b;
	unsigned alike;

	if (gv_oid_equal(old, new))
		return 100;
	if (d->compared == GV_DESCENT_COMPARE ||
	    !gv_print_is_source(old_path) || !gv_print_is_source(new_path) ||
	    (a = prints_of(d, old, old_path)) == NULL ||
	    (b = prints_of(d, new, new_path)) == NULL)
		return 0;
	d->compared++;
	alike = gv_prints_shared(a, b);
	return alike < GV_PRINT_DESCENT ? 0 : alike;
}

/* ---- between two trees --------------------------------------------------- */

struct looking {
	const char *path;
	struct gv_oid came; /* what it has; zero: it is not new */
	struct gone {
		const char *path;
		struct gv_oid oid;
	} * gone;
	size_t n, cap;
	struct gv_arena arena;
};

static int
look(void *ctx, const char *path, size_t len, const struct gv_tree_entry *a,
    const struct gv_tree_entry *b)
{
	struct looking *l = ctx;

	if (b && S_ISREG(b->mode) && a == NULL && strlen(l->path) == len &&
	    memcmp(path, l->path, len) == 0)
		l->came = b->oid;
	if (b || !S_ISREG(a->mode) || l->n == GV_DESCENT_READ)
		return 0;
	if (GV_GROW(l->gone, l->n, l->cap) < 0)
		return gv_err_nomem();
	l->gone[l->n].oid = a->oid;
	l->gone[l->n].path = gv_arena_copy(&l->arena, path, len);
	return l->gone[l->n++].path ? 0 : GV_ENOMEM;
}

int
gv_descent_find(struct gv_buf *from, struct gv_odb *odb,
    const struct gv_oid *before, const struct gv_oid *after, const char *path)
{
	struct looking l = { .path = path };
	unsigned most = 0, alike;
	const struct gone *best = NULL;
	struct gv_descent d;
	size_t i;
	int r = gv_tree_diff(odb, before, after, look, &l);

	gv_descent_init(&d, odb);
	for (i = 0; r == 0 && !gv_oid_is_zero(&l.came) && i < l.n; i++) {
		alike = gv_descent_alike(
		    &d, &l.gone[i].oid, l.gone[i].path, &l.came, path);
		if (alike <= most)
			continue;
		most = alike;
		best = &l.gone[i];
	}
	if (r == 0 && best) {
		gv_buf_addstr(from, best->path);
		r = gv_buf_check(from);
	}
	gv_descent_release(&d);
	free(l.gone);
	gv_arena_release(&l.arena);
	return r < 0 ? r : best != NULL;
}
