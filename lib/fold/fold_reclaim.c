#include "fold/fold.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "config/policy.h"
#include "fold/fold_internal.h"
#include "object/odb.h"
#include "object/pack_adopt.h"
#include "object/pack_drop.h"
#include "object/tree.h"
#include "repo/repo.h"
#include "sys/cancel.h"
#include "sys/clock.h"
#include "sys/proc.h"

#define EXPIRE "2.hours.ago"
#define THEIRS "2.weeks.ago" /* git gc's own */

/* What unreachable objects are followed from. */
struct spread {
	struct gv_fold_run *run;
	const struct gv_fold_reach *reach;
	struct gv_map
	    seen; /* those that are not in our packs; keys are todo's */
	struct gv_oid **all; /* to free */
	size_t n_all, cap_all;
	struct gv_oid *todo;
	size_t n, cap;
};

/* The time before which unreachable objects go, by git's own reading. */
static int
read_time(int64_t *out, const char *text)
{
	struct gv_buf since = GV_BUF_INIT;
	struct gv_proc p = GV_PROC_INIT;
	int r;

	*out = INT64_MAX;
	if (strcasecmp(text, "now") == 0 || strcasecmp(text, "all") == 0)
		return 0;
	*out = 0;
	if (strcasecmp(text, "never") == 0 || strcasecmp(text, "false") == 0)
		return 0;
	/* rev-parse --since would take any word for the present */
	gv_buf_addf(&since, "vault.reclaimexpire=%s", text);
	if ((r = gv_buf_check(&since)) == 0) {
		const char *argv[] = { "git", "-c", since.p, "config",
			"--type=expiry-date", "--get", "vault.reclaimexpire",
			NULL };

		r = gv_proc_run(&p, &(struct gv_proc_opts){ .argv = argv });
	}
	if (r < 0)
		goto out;
	if (p.status || p.out.p[0] < '0' || p.out.p[0] > '9') {
		r = gv_err(GV_EREFUSED, "git reads no time in '%s'", text);
		goto out;
	}
	*out = (int64_t)strtoll(p.out.p, NULL, 10);
out:
	gv_proc_release(&p);
	gv_buf_release(&since);
	return r;
}

/* The same of what is ours. Only there are durations known: gc.pruneExpire is
 * what git gc takes it for. The clock is that of the files. */
static int
read_ours(int64_t *out, const char *text)
{
	int r = gv_policy_ago(out, text, gv_clock_coarse().tv_sec);

	return r == 0 ? read_time(out, text) : r < 0 ? r : 0;
}

/* Take note of an object that something unreachable and young needs. */
static int
push(struct spread *s, const struct gv_oid *id)
{
	struct gv_odb_own_object *o;
	struct gv_oid *key;
	int r;

	if (gv_fold_reach_has(s->reach, id))
		return 0;
	o = gv_odb_own_find(&s->run->own, id);
	if (o && o->fate == GV_ODB_OWN_YOUNG)
		return 0;
	if (o) {
		o->fate = GV_ODB_OWN_YOUNG;
	} else {
		if (gv_map_get(&s->seen, id->id, GV_OID_RAW))
			return 0;
		r = GV_GROW(s->all, s->n_all, s->cap_all);
		key = r == 0 ? malloc(sizeof(*key)) : NULL;
		if (key == NULL)
			return gv_err_nomem();
		*key = *id;
		s->all[s->n_all++] = key;
		r = gv_map_put(&s->seen, key->id, GV_OID_RAW, key);
		if (r < 0)
			return r;
	}
	if ((r = GV_GROW(s->todo, s->n, s->cap)) == 0)
		s->todo[s->n++] = *id;
	return r;
}

static int
push_tree(struct spread *s, const struct gv_object *obj)
{
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	int r = 0;

	gv_tree_iter_init(&it, obj->data, obj->len);
	while (r == 0 && gv_tree_next(&it, &e) > 0)
		if (e.mode != GV_MODE_GIT)
			r = push(s, &e.oid);
	return r;
}

/* "tree", "parent" and "object" lines, up to the first that is neither. */
static int
push_lines(struct spread *s, const struct gv_object *obj)
{
	const char *p = (const char *)obj->data, *sp;
	struct gv_oid id;
	int r = 0;

	while (r == 0 && (sp = strchr(p, ' '))) {
		if (gv_oid_parse(&id, sp + 1) < 0 || sp[1 + GV_OID_HEX] != '\n')
			break;
		r = push(s, &id);
		p = sp + 1 + GV_OID_HEX + 1;
	}
	return r;
}

/* What cannot be read leads nowhere; it is not here to be lost. */
static int
follow(struct spread *s)
{
	struct gv_object obj = { 0 };
	enum gv_otype type;
	size_t size;
	int r = 0;

	while (r == 0 && s->n) {
		struct gv_oid id = s->todo[--s->n];

		if (gv_cancel_requested())
			return gv_cancel_error();
		if (!gv_odb_has(s->run->odb, &id) ||
		    gv_odb_read_header(s->run->odb, &type, &size, &id) < 0 ||
		    type == GV_OTYPE_BLOB ||
		    gv_odb_read(s->run->odb, &obj, &id) < 0)
			continue;
		r = type == GV_OTYPE_TREE ? push_tree(s, &obj)
					  : push_lines(s, &obj);
		gv_object_release(&obj);
	}
	return r;
}

/* The time before which an object goes that no commit of those that go leads
 * to. It may be the user's, since git gc puts what nothing reaches, theirs and
 * ours, into one cruft pack: so it goes when git gc would drop it, not before.
 * What is damaged leads nowhere. */
static int
read_theirs(int64_t *out, struct gv_fold_run *run, int64_t since)
{
	const char *expire =
	    gv_config_get(&run->repo->config, "gc.pruneexpire");
	struct gv_buf led = GV_BUF_INIT;
	int r = gv_fold_list(&led, run, GV_ODB_OWN_GOES);

	gv_buf_release(&led);
	if (r == GV_ENOMEM || r == GV_ECANCELED)
		return r;
	r = read_time(out, expire && *expire ? expire : THEIRS);
	if (r == 0 && *out > since)
		*out = since;
	return r;
}

/* As git has it: what is young stays, with all that it leads to; a git add that
 * found its blob here has freshened the pack. And what the user's own objects
 * lead to, however old and out of reach they are: they are git gc's to drop,
 * and until then they are whole. */
static int
spare(struct gv_fold_run *run, const struct gv_fold_reach *reach, int64_t since)
{
	struct spread s = { .run = run, .reach = reach, .seen = GV_MAP_INIT };
	struct gv_oid *others = NULL;
	size_t n = 0, i;
	int64_t theirs = since;
	int r = read_theirs(&theirs, run, since);

	for (i = 0; r == 0 && i < run->own.n_objects; i++) {
		const struct gv_odb_own_object *o = &run->own.objects[i];

		/* it is named: a commit leads to it */
		if (o->mtime >= (o->is_named ? since : theirs))
			r = push(&s, &o->oid);
	}
	if (r == 0)
		r = gv_odb_own_others(&others, &n, &run->own, run->odb);
	for (i = 0; r == 0 && i < n; i++)
		r = push(&s, &others[i]);
	if (r == 0)
		r = follow(&s);
	for (i = 0; i < s.n_all; i++)
		free(s.all[i]);
	free(s.all);
	free(s.todo);
	free(others);
	gv_map_release(&s.seen);
	return r;
}

/* Decide on each object. *is_due: whether any is to go or to be set apart. */
static int
judge(struct gv_fold_run *run, const struct gv_fold_reach *reach, bool *is_due)
{
	const char *expire = run->opts->expire;
	struct gv_odb_own *own = &run->own;
	int64_t since;
	size_t i;
	int r;

	if (expire == NULL)
		expire =
		    gv_config_get(&run->repo->config, "vault.reclaimexpire");
	r = read_ours(&since, expire && *expire ? expire : EXPIRE);
	for (i = 0; r == 0 && i < own->n_objects; i++)
		if (!gv_fold_reach_has(reach, &own->objects[i].oid))
			own->objects[i].fate = GV_ODB_OWN_GOES;
	if (r == 0)
		r = spare(run, reach, since);
	*is_due = false;
	for (i = 0; r == 0 && i < own->n_objects; i++) {
		const struct gv_odb_own_object *o = &own->objects[i];

		run->out->dropped += o->fate == GV_ODB_OWN_GOES;
		run->out->young += o->fate == GV_ODB_OWN_YOUNG;
		*is_due = *is_due || o->fate == GV_ODB_OWN_GOES ||
		    o->is_cruft != (o->fate == GV_ODB_OWN_YOUNG);
	}
	return r;
}

/* The pack of what stays, unless nothing does. */
static int
pack_whole(struct gv_fold_run *run)
{
	struct gv_buf list = GV_BUF_INIT;
	int r;

	if (run->out->objects == run->out->dropped + run->out->young)
		return 0;
	if ((r = gv_fold_list(&list, run, GV_ODB_OWN_STAYS)) == 0 &&
	    (r = gv_fold_pack(&run->whole, run, &list)) == 0)
		r = gv_odb_own_compare(&run->own, GV_ODB_OWN_STAYS,
		    gv_pack_adopt_stem(run->whole));
	gv_buf_release(&list);
	return r;
}

/* The pack of what has to wait, each object with its own time. */
static int
pack_cruft(struct gv_fold_run *run)
{
	const struct gv_odb_own *own = &run->own;
	struct gv_buf list = GV_BUF_INIT;
	int64_t *mtimes;
	size_t i, n = 0;
	int r;

	if (run->out->young == 0)
		return 0;
	mtimes = calloc(run->out->young, sizeof(*mtimes));
	if (mtimes == NULL)
		return gv_err_nomem();
	for (i = 0; i < own->n_objects; i++)
		if (own->objects[i].fate == GV_ODB_OWN_YOUNG)
			mtimes[n++] = own->objects[i].mtime;
	if ((r = gv_fold_list(&list, run, GV_ODB_OWN_YOUNG)) == 0 &&
	    (r = gv_fold_pack(&run->cruft, run, &list)) == 0 &&
	    (r = gv_odb_own_compare(
		 own, GV_ODB_OWN_YOUNG, gv_pack_adopt_stem(run->cruft))) == 0)
		r = gv_pack_adopt_age(run->cruft, mtimes, n);
	free(mtimes);
	gv_buf_release(&list);
	return r;
}

/* The old packs are hidden first, which can be taken back, and only then is it
 * looked whether anybody began to need what goes: who comes later does not find
 * it any more, and writes it. */
static int
put_in_place(struct gv_fold_run *run, const struct gv_fold_reach *reach)
{
	int r = 0;

	if (run->whole)
		r = gv_pack_adopt_place(run->whole);
	if (r == 0 && run->cruft)
		r = gv_pack_adopt_place(run->cruft);
	if (r == 0 && (r = gv_fold_hide(run)) == 0)
		r = gv_fold_reach_is_same(reach, run);
	if (r < 0)
		return r;
	if (r == 0 || !gv_odb_own_is_same(&run->own))
		return gv_err(GV_EEXISTS,
		    "other processes keep using this repository: nothing was "
		    "deleted; try again later");
	r = gv_pack_drop_commit(run->drop);
	if (run->whole) {
		run->out->new_bytes += gv_pack_adopt_bytes(run->whole);
		memcpy(run->out->name, gv_pack_adopt_name(run->whole),
		    sizeof(run->out->name));
		gv_pack_adopt_accept(run->whole);
	}
	if (run->cruft) {
		run->out->new_bytes += gv_pack_adopt_bytes(run->cruft);
		gv_pack_adopt_accept(run->cruft);
	}
	return r;
}

static int
find(struct gv_fold_run *run)
{
	size_t i;
	int r = gv_odb_refresh(run->odb);

	memset(run->out, 0, sizeof(*run->out));
	if (r == 0)
		r = gv_odb_own_list(&run->own, run->odb, true);
	run->out->held = run->own.held;
	if (r == 0)
		r = gv_odb_own_check(&run->own, run->odb);
	run->out->packs = run->own.n;
	run->out->objects = run->own.n_objects;
	for (i = 0; i < run->own.n; i++)
		run->out->bytes += run->own.packs[i].bytes;
	return r;
}

static int
reclaim_once(struct gv_fold_run *run)
{
	struct gv_fold_reach reach = { .tips = GV_BUF_INIT };
	bool is_due = false;
	int r = find(run);

	if (r == 0) {
		gv_fold_begin(run, "finding what is needed", 0);
		r = gv_fold_reach_load(&reach, run);
	}
	if (r == 0)
		r = judge(run, &reach, &is_due);
	r = gv_fold_outrun(run, r);
	run->out->is_folded = is_due;
	if (r < 0 || !is_due || run->opts->dry_run)
		goto out;
	gv_fold_begin(run, "folding packs", run->out->objects);
	if ((r = pack_whole(run)) == 0 && (r = pack_cruft(run)) == 0)
		r = gv_fold_graph(run);
	if ((r = gv_fold_outrun(run, r)) == 0)
		r = put_in_place(run, &reach);
out:
	gv_fold_end(run);
	gv_fold_reach_release(&reach);
	return r;
}

/* What is still too young, or could not be done, waits for another time. */
static int
after_reclaim(const struct gv_fold_run *run, int r)
{
	if (r == 0 && run->out->young == 0)
		gv_fold_wait_no_more(run->repo);
	else
		gv_fold_wait(run->repo, true);
	return r;
}

int
gv_fold_reclaim(struct gv_fold_result *out, struct gv_repo *repo,
    const struct gv_fold_opts *opts)
{
	struct gv_fold_run run = { .repo = repo, .opts = opts, .out = out };

	return gv_fold_alone(&run, reclaim_once, after_reclaim);
}
