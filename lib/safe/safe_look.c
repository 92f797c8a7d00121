#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "key/adoption_ask.h"
#include "object/odb.h"
#include "remote/remote.h"
#include "repo/ref.h"
#include "repo/repo.h"
#include "safe/safe.h"
#include "safe/safe_internal.h"

/*
 * Before a clone makes a keyring of its own it looks whether its remote has
 * one: what is encrypted for a key of this clone alone, nobody else can read. A
 * snapshot must work offline, so it waits for three seconds and asks for no
 * password. Where the remote's keyring is not used, the clone goes on with a
 * provisional key, which a later sync replaces.
 */

#define WAIT_MS 3000

/* Why there will be a key of this clone alone, said once. */
static int
note(struct gv_safe *safe, const struct gv_buf *why)
{
	struct gv_buf text = GV_BUF_INIT;
	int r;

	gv_buf_addf(&text,
	    "secrets are encrypted for a provisional key of this clone: %s",
	    why->p);
	if ((r = gv_buf_check(&text)) == 0) {
		safe->news.unmerged =
		    gv_arena_copy(&safe->arena, text.p, text.len);
		r = safe->news.unmerged ? 0 : GV_ENOMEM;
	}
	gv_buf_release(&text);
	return r;
}

static int
note_unreached(struct gv_safe *safe, const char *remote)
{
	struct gv_buf why = GV_BUF_INIT;
	int r;

	gv_buf_addf(&why,
	    "%s could not be asked for its keyring (%s); once it can: git "
	    "vault sync %s",
	    remote, gv_err_message(), remote);
	if ((r = gv_buf_check(&why)) == 0)
		r = note(safe, &why);
	gv_buf_release(&why);
	return r;
}

static int
note_unused(struct gv_safe *safe, enum gv_adoption verdict,
    const struct gv_keyring_kept *theirs, const char *remote)
{
	struct gv_buf why = GV_BUF_INIT;
	int r;

	gv_adoption_explain(&why, verdict, theirs, remote);
	if ((r = gv_buf_check(&why)) == 0)
		r = note(safe, &why);
	gv_buf_release(&why);
	return r;
}

/* What the fetch has brought: 1 with its commit, 0 for none. */
static int
find(struct gv_oid *tip, struct gv_safe *safe, const struct gv_remote *remote)
{
	struct gv_refs refs = { 0 };
	int r = gv_remote_fetched(&refs, safe->repo, remote);

	if (r == 0 && refs.n &&
	    gv_remote_scope(refs.refs[0].name, remote) == NULL) {
		*tip = refs.refs[0].oid;
		r = 1;
	}
	gv_refs_release(&refs);
	return r;
}

static int
consider(struct gv_safe *safe, const struct gv_oid *tip, const char *remote)
{
	struct gv_keyring_kept theirs;
	enum gv_adoption verdict;
	int r = gv_keyring_look(&theirs, safe->repo, tip);

	if (r == GV_EREFUSED || r == GV_ECORRUPT)
		return note_unreached(safe, remote);
	if (r < 0)
		return r;
	if ((r = gv_adoption_ask(&verdict, safe->repo, &theirs, remote)) < 0)
		goto out;
	if (verdict != GV_ADOPTION_TAKEN) {
		r = note_unused(safe, verdict, &theirs, remote);
		goto out;
	}
	if ((r = gv_keyring_merge(safe->repo, NULL, tip)) < 0 ||
	    (r = gv_safe_reload(safe)) < 0)
		goto out;
	safe->news.unmerged = NULL;
	/* what its readers have encrypted, as far as it came along */
	r = gv_safe_merge(safe);
out:
	gv_keyring_kept_release(&theirs);
	return r;
}

int
gv_safe_look(struct gv_safe *safe)
{
	char *before = gv_err_save(), *name = NULL;
	struct gv_remote remote;
	struct gv_oid tip;
	int r = gv_remote_default(&name, safe->repo);

	/* several, of which none is the branch's: nobody can say which */
	if (r == GV_EUSAGE)
		r = 0;
	if (r < 0 || name == NULL)
		goto out;
	remote = (struct gv_remote){ name, strlen(name) };
	r = gv_remote_ask_keyring(&remote, &safe->repo->config, WAIT_MS);
	if (r < 0 && r != GV_ENOMEM && r != GV_ECANCELED) {
		r = note_unreached(safe, name);
		goto out;
	}
	if (r < 0 || (r = gv_odb_refresh(safe->odb)) < 0 ||
	    (r = find(&tip, safe, &remote)) <= 0)
		goto out;
	r = consider(safe, &tip, name);
out:
	free(name);
	r = gv_err_settle(r, before);
	return r < 0 ? r : 0;
}
