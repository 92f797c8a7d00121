#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/glob.h"
#include "base/vec.h"
#include "store/odb.h"
#include "store/repo.h"
#include "sys/proc.h"
#include "vault/note.h"
#include "vault/refspec.h"
#include "vault/remote.h"
#include "vault/sync_internal.h"
#include "vault/verify_remote.h"

#define OURS    "refs/vault/"
#define NOTES   "notes/vault"
#define WAIT_MS 600000

/* ---- git ---------------------------------------------------------------- */

/* What git says is read, so it must not be translated; passwords it asks for at
 * the terminal, as ever, where somebody is. */
size_t
gv_sync_env(const struct gv_sync *s, const char **env)
{
	if (s->opts->is_unattended)
		return gv_remote_unattended(env, &s->repo->config);
	env[0] = "LC_ALL=C";
	return 1;
}

int
gv_sync_git(
    const struct gv_sync *s, struct gv_proc *p, const struct gv_proc_opts *opts)
{
	const char *env[GV_REMOTE_ENV + 1];
	struct gv_proc_opts all = *opts;

	env[gv_sync_env(s, env)] = NULL;
	if (all.env == NULL)
		all.env = env;
	all.timeout_ms = s->opts->is_unattended ? WAIT_MS : 0;
	return gv_proc_run(p, &all);
}

/* ---- fetch -------------------------------------------------------------- */

/* What begins as the pattern does, up to its first wildcard; the pattern itself
 * is held to what came. */
static int
add_begun(struct gv_buf *specs, const struct gv_sync *s, const char *pattern)
{
	if (strncmp(pattern, OURS, strlen(OURS)) == 0)
		pattern += strlen(OURS);
	else if (strncmp(pattern, "refs/", 5) == 0)
		pattern += 5;
	return gv_remote_ref_specs(specs, &s->map, pattern,
	    gv_glob_literal_len(pattern, strlen(pattern)));
}

static int
make_specs(struct gv_buf *specs, const struct gv_sync *s)
{
	/* by what the server received there are no patterns either */
	static const char *const always[] = { "keyring", "marks", "deleted",
		"server/" };
	const struct gv_sync_opts *o = s->opts;
	size_t i;
	int r = 0;

	if (o->n_patterns == 0)
		return add_begun(specs, s, "*");
	for (i = 0; r == 0 && i < sizeof(always) / sizeof(always[0]); i++)
		r = add_begun(specs, s, always[i]);
	for (i = 0; r == 0 && i < o->n_patterns; i++)
		r = add_begun(specs, s, o->patterns[i]);
	return r;
}

/* Another git of ours that fetches at the same time has a ref locked, or has
 * moved it. */
static bool
is_contest(const char *words)
{
	return strstr(words, "couldn't find remote ref") ||
	    strstr(words, "cannot lock ref") || strstr(words, ".lock'") ||
	    strstr(words, "unable to update local ref");
}

/* Two of the remote's refs that have one place here, or one the folder of the
 * other: that does not end by trying again. */
static bool
is_in_the_way(const char *words)
{
	return strstr(words, "' exists; cannot create '") ||
	    strstr(words, "Cannot fetch both ");
}

int
gv_sync_fetched(const struct gv_sync *s, struct gv_proc *p)
{
	if (p->status == 0)
		return 0;
	if (is_in_the_way(p->err.p))
		return gv_err(GV_ERROR,
		    "cannot fetch from the remote '%s', where a ref of others "
		    "is in the way of one of ours: %s; see which by 'git "
		    "ls-remote %s \"refs/vault/notes*\"', and take it away by "
		    "'git push %s :REF'",
		    s->remote, gv_proc_why(p), s->remote, s->remote);
	return gv_err(is_contest(p->err.p) ? GV_EEXISTS : GV_ERROR,
	    "cannot fetch from the remote '%s': %s", s->remote, gv_proc_why(p));
}

/* No refspec that is configured adds refs of its own to this. */
static int
fetch(struct gv_proc *p, const struct gv_sync *s, const struct gv_buf *specs)
{
	static const char *const begin[] = { "git", "fetch", "-q",
		"--refmap=", "--no-tags", "--prune", "--no-auto-maintenance",
		"--no-write-fetch-head", "--no-recurse-submodules", "--",
		NULL };
	const char **argv = gv_refspec_argv(begin, s->remote, specs);
	int r;

	if (argv == NULL)
		return gv_err_nomem();
	r = gv_sync_git(s, p, &(struct gv_proc_opts){ .argv = argv });
	free(argv);
	return r;
}

int
gv_sync_fetch(struct gv_sync *s)
{
	struct gv_buf specs = GV_BUF_INIT;
	struct gv_proc p = GV_PROC_INIT;
	int r;

	if (gv_sync_narrow_is_on(s->opts))
		return gv_sync_narrow_fetch(s);
	r = make_specs(&specs, s);
	if (r == 0)
		r = fetch(&p, s, &specs);
	if (r == 0)
		r = gv_sync_fetched(s, &p);
	gv_proc_release(&p);
	gv_buf_release(&specs);
	return r;
}

/* ---- both sides --------------------------------------------------------- */

static int
add_ref(struct gv_sync *s, const char *name, const struct gv_oid *ours,
    const struct gv_oid *theirs)
{
	static const struct gv_oid none;
	const struct gv_sync_kind *kind = gv_sync_kind_of(name);
	struct gv_sync_refs *to = &s->refs;
	struct gv_sync_ref *ref;
	int r;

	if (kind == NULL || !gv_sync_kind_is_picked(s->opts, kind, name))
		return 0;
	if (gv_sync_narrow_is_on(s->opts)) {
		r = gv_sync_narrow_is_picked(
		    s, name, ours ? ours : &none, theirs ? theirs : &none);
		if (r <= 0)
			return r;
	}
	r = gv_vec_grow(
	    (void **)&to->refs, &to->cap, to->n + 1, sizeof(*to->refs));
	if (r < 0)
		return r;
	ref = &to->refs[to->n++];
	*ref = (struct gv_sync_ref){ .name = name, .kind = kind };
	if (ours)
		ref->ours = *ours;
	if (theirs)
		ref->theirs = *theirs;
	return 0;
}

/* What a ref that a fetch brought is called here; the list's. */
static int
own_name(const char **out, struct gv_sync_refs *to, const char *rest)
{
	struct gv_buf name = GV_BUF_INIT;
	int r = gv_vec_grow((void **)&to->names, &to->cap_names,
	    to->n_names + 1, sizeof(*to->names));

	gv_buf_addf(
	    &name, "%s%s", strcmp(rest, NOTES) == 0 ? "refs/" : OURS, rest);
	if (r == 0) {
		to->names[to->n_names] = gv_buf_take(&name);
		r = to->names[to->n_names] ? 0 : GV_ENOMEM;
	}
	if (r == 0)
		*out = to->names[to->n_names++];
	gv_buf_release(&name);
	return r;
}

static int
add_theirs(struct gv_sync *s, size_t prefix)
{
	struct gv_sync_refs *to = &s->refs;
	const struct gv_ref *ours;
	const char *name;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < to->theirs.n; i++) {
		const struct gv_ref *ref = &to->theirs.refs[i];

		r = own_name(&name, to, ref->name + prefix);
		ours = r == 0 ? gv_refs_find(&to->ours, name) : NULL;
		if (r == 0)
			r = add_ref(
			    s, name, ours ? &ours->oid : NULL, &ref->oid);
	}
	return r;
}

static int
add_ours(struct gv_sync *s, const char *prefix)
{
	struct gv_buf name = GV_BUF_INIT;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < s->refs.ours.n; i++) {
		const struct gv_ref *ref = &s->refs.ours.refs[i];

		gv_buf_reset(&name);
		gv_buf_addf(&name, "%s%s", prefix,
		    ref->name +
			strlen(strcmp(ref->name, GV_NOTE_REF) == 0 ? "refs/"
								   : OURS));
		r = gv_buf_check(&name);
		if (r == 0 && !gv_refs_find(&s->refs.theirs, name.p))
			r = add_ref(s, ref->name, &ref->oid, NULL);
	}
	gv_buf_release(&name);
	return r;
}

static int
compare(const void *a, const void *b)
{
	const struct gv_sync_ref *x = a, *y = b;
	size_t i = gv_sync_kind_rank(x->kind), j = gv_sync_kind_rank(y->kind);

	return i != j ? (i > j) - (i < j) : strcmp(x->name, y->name);
}

/* A list of our own of what the caller has; the names stay his. */
static int
copy_given(struct gv_refs *out, const struct gv_refs *given)
{
	out->refs = calloc(given->n + 1, sizeof(*out->refs));
	if (out->refs == NULL)
		return gv_err_nomem();
	if (given->n)
		memcpy(out->refs, given->refs, given->n * sizeof(*out->refs));
	out->n = given->n;
	return 0;
}

int
gv_sync_ask(struct gv_refs *out, struct gv_sync *s)
{
	struct gv_buf ours = GV_BUF_INIT, others = GV_BUF_INIT;
	struct gv_buf lines = GV_BUF_INIT;
	const char *argv[] = { "git", "ls-remote", "--", s->remote, NULL, NULL,
		NULL };
	struct gv_proc p = GV_PROC_INIT;
	char *text;
	int r = gv_remote_ref_there(&ours, &s->map, "refs/vault/*");

	gv_buf_addf(&others, "%s*", s->map.others.p);
	if (r == 0)
		r = gv_buf_check(&others);
	argv[4] = ours.p;
	/* notes stand elsewhere where there is no prefix */
	argv[5] = gv_remote_ref_is_prefixed(&s->map) ? others.p : GV_NOTE_REF;
	if (r == 0)
		r = gv_sync_git(s, &p, &(struct gv_proc_opts){ .argv = argv });
	if (r == 0 && p.status)
		r = gv_err(GV_ERROR, "cannot ask the remote '%s': %s",
		    s->remote, gv_proc_why(&p));
	if (r == 0)
		r = gv_remote_ref_list(&lines, &s->map, p.out.p);
	text = r == 0 ? gv_buf_take(&lines) : NULL;
	if (r == 0)
		r = text ? gv_verify_remote_parse(out, text) : GV_ENOMEM;
	gv_proc_release(&p);
	gv_buf_release(&ours);
	gv_buf_release(&others);
	gv_buf_release(&lines);
	return r;
}

/* Who does not fetch may not have looked at the remote for long: it may have
 * been made anew or set back, or be another one now. What it has no more is not
 * theirs, and what it has in its place is, as far as that is here; else the
 * push is refused there. */
static int
drop_gone(struct gv_sync *s, size_t prefix)
{
	struct gv_refs *theirs = &s->refs.theirs;
	struct gv_buf name = GV_BUF_INIT;
	const struct gv_ref *there;
	struct gv_odb *odb;
	size_t i, n = 0;
	int r = gv_repo_odb(s->repo, &odb);

	if (r == 0 && s->there.text == NULL)
		r = gv_sync_ask(&s->there, s);
	for (i = 0; r == 0 && i < theirs->n; i++) {
		const char *rest = theirs->refs[i].name + prefix;

		gv_buf_reset(&name);
		gv_buf_addf(&name, "%s%s",
		    strcmp(rest, NOTES) == 0 ? "refs/" : OURS, rest);
		r = gv_buf_check(&name);
		there = r == 0 ? gv_refs_find(&s->there, name.p) : NULL;
		if (there == NULL)
			continue;
		theirs->refs[n] = theirs->refs[i];
		if (gv_odb_has(odb, &there->oid))
			theirs->refs[n].oid = there->oid;
		n++;
	}
	if (r == 0)
		theirs->n = n;
	gv_buf_release(&name);
	return r;
}

/* Where only commits can be, git would end all of it over anything else. It is
 * told once, and then as if it were not there; ours is not pushed on it. */
static int
set_aside(struct gv_sync *s)
{
	static const struct gv_oid none;
	enum gv_otype found;
	struct gv_odb *odb;
	size_t i, size;
	int r = gv_repo_odb(s->repo, &odb);

	for (i = 0; r == 0 && i < s->refs.n; i++) {
		struct gv_sync_ref *ref = &s->refs.refs[i];

		if (!ref->kind->is_chain || gv_oid_is_zero(&ref->theirs) ||
		    gv_oid_equal(&ref->ours, &ref->theirs) ||
		    gv_odb_read_header(odb, &found, &size, &ref->theirs) < 0 ||
		    found == GV_OTYPE_COMMIT)
			continue;
		(void)gv_err(GV_EREFUSED, "it is a %s and no commit",
		    gv_oid_type_name(found));
		if (!gv_sync_set_has(&s->held, ref->name))
			r = gv_sync_conflict_of_damage(s, ref);
		ref->theirs = none;
	}
	return r;
}

static bool
is_below(const char *name, const char *dir)
{
	size_t len = strlen(dir);

	return strncmp(name, dir, len) == 0 && name[len] == '/';
}

/* What the remote has under a name that no record has may keep some of ours
 * from being made there, and with them all that is pushed beside them. */
static int
hold_back(struct gv_sync *s, const struct gv_sync_ref *odd)
{
	struct gv_buf there = GV_BUF_INIT;
	size_t i;
	int r = gv_remote_ref_there(&there, &s->map, odd->name);

	for (i = 0; r == 0 && i < s->refs.n; i++) {
		struct gv_sync_ref *ref = &s->refs.refs[i];

		if (gv_oid_is_zero(&ref->ours) ||
		    gv_sync_set_has(&s->held, ref->name) ||
		    !(is_below(ref->name, odd->name) ||
			is_below(odd->name, ref->name)))
			continue;
		(void)gv_err(GV_EREFUSED,
		    "the remote has %s, which is in the way; 'git push %s :%s' "
		    "takes it away",
		    there.p, s->remote, there.p);
		r = gv_sync_conflict(s, ref);
	}
	gv_buf_release(&there);
	return r;
}

static int
hold_back_all(struct gv_sync *s)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < s->refs.n; i++)
		if (!gv_oid_is_zero(&s->refs.refs[i].theirs) &&
		    !gv_sync_kind_is_name(
			s->refs.refs[i].kind, s->refs.refs[i].name))
			r = hold_back(s, &s->refs.refs[i]);
	return r;
}

int
gv_sync_list(struct gv_sync *s)
{
	static const char *const notes[] = { GV_NOTE_REF, NULL };
	struct gv_buf prefix = GV_BUF_INIT;
	int r;

	gv_sync_refs_release(&s->refs);
	if (s->opts->given)
		gv_buf_addstr(&prefix, GV_SYNC_GIVEN);
	else
		gv_buf_addf(&prefix, GV_REMOTE_REFS "%s/", s->remote);
	r = gv_buf_check(&prefix);
	if (r == 0)
		r = gv_ref_list_with(&s->refs.ours, s->repo, notes, OURS);
	if (r == 0)
		r = s->opts->given
		    ? copy_given(&s->refs.theirs, s->opts->given)
		    : gv_ref_list(&s->refs.theirs, s->repo, prefix.p);
	if (r == 0 && s->opts->no_fetch && !s->opts->given)
		r = drop_gone(s, prefix.len);
	if (r == 0)
		r = gv_sync_narrow_prepare(s);
	if (r == 0)
		r = add_theirs(s, prefix.len);
	if (r == 0)
		r = add_ours(s, prefix.p);
	if (r == 0 && s->refs.n)
		qsort(s->refs.refs, s->refs.n, sizeof(*s->refs.refs), compare);
	if (r == 0)
		r = set_aside(s);
	if (r == 0 && !s->opts->no_push)
		r = hold_back_all(s);
	gv_buf_release(&prefix);
	return r;
}

void
gv_sync_refs_release(struct gv_sync_refs *refs)
{
	while (refs->n_names > 0)
		free(refs->names[--refs->n_names]);
	free(refs->names);
	free(refs->refs);
	gv_refs_release(&refs->ours);
	gv_refs_release(&refs->theirs);
	memset(refs, 0, sizeof(*refs));
}
