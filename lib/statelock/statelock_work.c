#include "statelock/statelock_internal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "seal/withheld.h"
#include "sys/file.h"
#include "sys/lock.h"
#include "vault/label.h"

#define WAIT_MS   10000
#define MAGIC     "git-vault state lock 1\n"
#define NOTES_MAX ((size_t)256 * 1024)
/* A push that we have not seen the end of may come to something later than
 * what is done next; after this time none does. */
#define NOTES_KEPT    64
#define NOTES_SECONDS 3600
#define MENDS         5

/* ---- the notes ----
 *
 *	git-vault state lock 1
 *	<id of the blob> <seconds since 1970> <remote>
 *	…
 */

static int
add_note(struct gv_statelock_work *w, const struct gv_oid *oid, int64_t time,
    const char *remote)
{
	struct gv_statelock_note *note;

	if (gv_vec_grow((void **)&w->notes, &w->cap, w->n + 1, sizeof(*note)) <
	    0)
		return GV_ENOMEM;
	note = &w->notes[w->n];
	note->oid = *oid;
	note->time = time;
	note->remote = strdup(remote);
	if (note->remote == NULL)
		return gv_err_nomem();
	w->n++;
	return 0;
}

/* An invalid line is skipped: without its note a lock is one of this
 * repository alone, and can still be let go of. */
static int
parse_note(struct gv_statelock_work *w, const char *line)
{
	struct gv_oid oid;
	char *end;
	long long time;

	if (strlen(line) < GV_OID_HEX + 3 || line[GV_OID_HEX] != ' ' ||
	    gv_oid_parse(&oid, line) < 0)
		return 0;
	time = strtoll(line + GV_OID_HEX + 1, &end, 10);
	if (*end != ' ' || end[1] == '\0')
		return 0;
	return add_note(w, &oid, time, end + 1);
}

static int
load_notes(struct gv_statelock_work *w, const char *path)
{
	struct gv_buf text = GV_BUF_INIT;
	char *line, *nl;
	int r = gv_file_read(&text, AT_FDCWD, path, NOTES_MAX);

	if (r == 0 && strncmp(text.p, MAGIC, strlen(MAGIC)) == 0)
		for (line = text.p; r == 0 && (nl = strchr(line, '\n'));
		     line = nl + 1) {
			*nl = '\0';
			r = parse_note(w, line);
		}
	gv_buf_release(&text);
	return r == GV_ENOTFOUND || r == GV_EREFUSED ? 0 : r;
}

/* Old ones go, of the remote that has just been looked at; but for that of the
 * ref here, without which it would be one of this repository alone. */
static bool
is_kept(const struct gv_statelock_work *w, size_t i)
{
	const struct gv_statelock_note *note = &w->notes[i];

	if (gv_oid_equal(&note->oid, &w->here))
		return true;
	return w->n - i <= NOTES_KEPT &&
	    (strcmp(note->remote, w->remote) != 0 ||
		note->time > w->at->now - NOTES_SECONDS);
}

static int
save_notes(const struct gv_statelock_work *w)
{
	struct gv_buf text = GV_BUF_INIT, path = GV_BUF_INIT;
	unsigned mask = gv_repo_share(w->repo);
	char hex[GV_OID_HEX + 1];
	size_t i;
	int r;

	gv_buf_addstr(&text, MAGIC);
	for (i = 0; i < w->n; i++) {
		if (!is_kept(w, i))
			continue;
		gv_oid_format(hex, &w->notes[i].oid);
		gv_buf_addf(&text, "%s %lld %s\n", hex,
		    (long long)w->notes[i].time, w->notes[i].remote);
	}
	gv_buf_addf(&path, "%s/remotes", w->dir.p);
	if ((r = gv_buf_check(&text)) == 0 && (r = gv_buf_check(&path)) == 0)
		r = gv_file_replace(
		    AT_FDCWD, path.p, text.p, text.len, 0666, true);
	gv_repo_unshare(mask);
	gv_buf_release(&path);
	gv_buf_release(&text);
	return r;
}

int
gv_statelock_work_note(struct gv_statelock_work *w, const struct gv_oid *oid)
{
	int r = 0;

	if (gv_statelock_work_noted(w, oid, w->remote))
		return 0;
	r = add_note(w, oid, w->at->now, w->remote);
	return r < 0 ? r : save_notes(w);
}

const char *
gv_statelock_work_noted(const struct gv_statelock_work *w,
    const struct gv_oid *oid, const char *remote)
{
	size_t i;

	for (i = w->n; i-- > 0;)
		if (gv_oid_equal(&w->notes[i].oid, oid) &&
		    (remote == NULL || strcmp(w->notes[i].remote, remote) == 0))
			return w->notes[i].remote;
	return NULL;
}

/* ---- the ref here ---- */

int
gv_statelock_work_move(struct gv_statelock_work *w, const struct gv_oid *to)
{
	struct gv_ref_tx tx = GV_REF_TX_INIT;
	int r;

	if (to == NULL)
		gv_ref_delete(&tx, w->ref.p, &w->here);
	else if (gv_oid_is_zero(&w->here))
		gv_ref_create(&tx, w->ref.p, to);
	else
		gv_ref_update(&tx, w->ref.p, to, &w->here);
	r = gv_ref_commit(&tx, w->repo);
	gv_ref_tx_release(&tx);
	if (r == 0) {
		memset(&w->here, 0, sizeof(w->here));
		if (to)
			w->here = *to;
	}
	return r == GV_EEXISTS ? gv_err_in(GV_ELOCKED,
				     "the lock of %s/%s has changed hands "
				     "meanwhile",
				     w->at->env, w->at->stack)
			       : r;
}

/* ---- begin and end ---- */

static int
check_names(const struct gv_statelock_at *at)
{
	const char *p;

	if (!gv_label_is_valid(at->env))
		return gv_err(GV_EUSAGE,
		    "'%s' can be no name of an environment: letters, digits "
		    "and ._- only, 64 at most",
		    at->env);
	if (!gv_label_is_valid(at->stack))
		return gv_err(GV_EUSAGE,
		    "'%s' can be no name of a stack: letters, digits and ._- "
		    "only, 64 at most",
		    at->stack);
	for (p = at->remote; p && *p; p++)
		if ((unsigned char)*p < ' ')
			break;
	if (p && (*p || p == at->remote || *at->remote == '-'))
		return gv_err(GV_EUSAGE, "'%s' can be no remote", at->remote);
	return 0;
}

static int
open_folder(struct gv_statelock_work *w)
{
	struct gv_buf path = GV_BUF_INIT;
	int r = gv_file_mkdirs(AT_FDCWD, w->dir.p, 0777);

	gv_buf_addf(&path, "%s/busy", w->dir.p);
	if (r == 0 && (r = gv_buf_check(&path)) == 0)
		r = gv_lock_open(&w->fd, path.p, WAIT_MS);
	gv_buf_reset(&path);
	gv_buf_addf(&path, "%s/remotes", w->dir.p);
	if (r == 0 && (r = gv_buf_check(&path)) == 0)
		r = load_notes(w, path.p);
	gv_buf_release(&path);
	return r;
}

int
gv_statelock_work_open(struct gv_statelock_work *w, struct gv_repo *repo,
    const struct gv_statelock_at *at)
{
	unsigned mask;
	int r;

	memset(w, 0, sizeof(*w));
	w->ref = w->dir = (struct gv_buf)GV_BUF_INIT;
	w->repo = repo;
	w->at = at;
	w->remote = at->remote;
	w->fd = -1;
	if ((r = check_names(at)) == 0)
		r = gv_repo_check_writable(repo);
	if (r < 0)
		return r;
	gv_buf_addf(&w->ref, GV_REFS_LOCKS "%s/%s", at->env, at->stack);
	gv_buf_addf(&w->dir, "%s/vault/locks/%s/%s", repo->common_dir, at->env,
	    at->stack);
	if ((r = gv_buf_check(&w->ref)) == 0)
		r = gv_buf_check(&w->dir);
	mask = gv_repo_share(repo);
	if (r == 0)
		r = open_folder(w);
	gv_repo_unshare(mask);
	return r < 0 ? r : gv_ref_find(&w->here, repo, w->ref.p);
}

void
gv_statelock_work_close(struct gv_statelock_work *w)
{
	size_t i;

	gv_lock_close(w->fd);
	for (i = 0; i < w->n; i++)
		free(w->notes[i].remote);
	free(w->notes);
	gv_buf_release(&w->ref);
	gv_buf_release(&w->dir);
}

/* ---- what a kill left ---- */

static int
look_there(struct gv_statelock_work *w)
{
	struct gv_refs refs = { 0 };
	const struct gv_ref *ref;
	int r = gv_statelock_remote_ask(&refs, w->repo, w->remote, w->ref.p);

	memset(&w->there, 0, sizeof(w->there));
	ref = r == 0 ? gv_refs_find(&refs, w->ref.p) : NULL;
	if (ref)
		w->there = ref->oid;
	gv_refs_release(&refs);
	return r;
}

/* Take away what we have put there, and the ref here does not have. */
static int
clear_there(struct gv_statelock_work *w)
{
	static const struct gv_oid none;
	struct gv_oid left = w->there;
	int i, r = 0;

	for (i = 0; i < MENDS; i++) {
		if (gv_oid_is_zero(&w->there) ||
		    gv_oid_equal(&w->there, &w->here) ||
		    !gv_statelock_work_noted(w, &w->there, w->remote))
			return 0;
		left = w->there;
		if ((r = gv_statelock_remote_push(w, &none, &left)) == 0) {
			w->gone = left;
			w->there = none;
		} else if (r == GV_EEXISTS) {
			r = look_there(w);
		}
		if (r < 0)
			return r;
	}
	return gv_err(GV_ELOCKED,
	    "the lock of %s/%s on the remote '%s' changes again and again",
	    w->at->env, w->at->stack, w->remote);
}

int
gv_statelock_work_mend(struct gv_statelock_work *w)
{
	struct gv_oid here = w->here;
	int r;

	if ((r = look_there(w)) < 0 || (r = clear_there(w)) < 0)
		return r;
	if (!gv_oid_is_zero(&here) && !gv_oid_equal(&here, &w->there) &&
	    gv_statelock_work_noted(w, &here, w->remote)) {
		r = gv_statelock_work_move(w, NULL);
		w->gone = r == 0 ? here : w->gone;
	}
	return r;
}
