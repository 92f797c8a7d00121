#include "git-vault/upkeep/purge_rest.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/shell.h"
#include "base/time.h"
#include "git-vault/front/out.h"
#include "replica/replica.h"
#include "replica/replica_owed.h"
#include "replica/target.h"

/* One of them, with what its sentence is made of. */
struct left {
	const struct gv_replica_purge_rest *rest;
	const struct gv_target *target;
	const struct gv_replica_purged *purged;
	char n[GV_OUT_SIZE_MAX], size[GV_OUT_SIZE_MAX];
};

static const char *
is_or_are(const struct left *l)
{
	return l->rest->objects == 1 ? "is" : "are";
}

static void
add_until(struct gv_buf *out, const struct left *l)
{
	char day[GV_TIME_MAX];

	if (l->rest->until == 0)
		return;
	gv_time_rfc3339(day, l->rest->until);
	gv_buf_addf(out, " until %.10s", day);
}

static void
add_commands(struct gv_buf *out, const struct left *l)
{
	(void)gv_replica_owed_commands(out, &l->purged->commands);
}

static bool
is_at(const struct left *l, const char *scheme)
{
	return strncmp(l->target->url, scheme, strlen(scheme)) == 0;
}

/* The folder of packs in a store that is BUCKET/PREFIX. */
static void
add_prefix(struct gv_buf *out, const char *prefix)
{
	const size_t len = strlen(prefix);
	struct gv_buf all = GV_BUF_INIT;

	gv_buf_addf(&all, "%s%spacks/", prefix,
	    len == 0 || prefix[len - 1] == '/' ? "" : "/");
	gv_shell_word(out, all.p);
	gv_buf_release(&all);
}

/* How to list them in azure://ACCOUNT/CONTAINER/PREFIX, nothing for another
 * store; gv_shell_word() puts a blank before. */
static void
add_azure(struct gv_buf *out, const struct left *l)
{
	const char *account, *box;
	size_t n, m;

	if (!is_at(l, "azure://"))
		return;
	account = l->target->url + strlen("azure://");
	n = strcspn(account, "/");
	box = account + n + (account[n] == '/');
	m = strcspn(box, "/");
	gv_buf_addf(out,
	    "; to list them: az storage blob list --include dsv "
	    "--account-name %.*s --container-name %.*s --prefix",
	    (int)n, account, (int)m, box);
	add_prefix(out, box + m + (box[m] == '/'));
}

static void
say_locked(struct gv_buf *out, const struct left *l)
{
	gv_buf_addf(out, "%s (%s) with it %s locked in the store", l->n,
	    l->size, is_or_are(l));
	add_until(out, l);
	gv_buf_addstr(out, "; after that day: git vault purge");
}

static void
say_held(struct gv_buf *out, const struct left *l)
{
	gv_buf_addf(out,
	    "%s (%s) with it %s held in the store (legal hold) until somebody "
	    "lets go; then: git vault purge",
	    l->n, l->size, is_or_are(l));
}

static void
say_denied(struct gv_buf *out, const struct left *l)
{
	gv_buf_addf(out,
	    "the store does not let this host delete %s (%s) with it; with "
	    "credentials that may delete: git vault purge",
	    l->n, l->size);
}

static void
say_host(struct gv_buf *out, const struct left *l)
{
	gv_buf_addf(out,
	    "the copy of the host %s needs %s (%s) with it; in its clone: ",
	    l->rest->host, l->n, l->size);
	add_commands(out, l);
	gv_buf_addstr(out, "; then here: git vault purge");
}

static void
say_begun(struct gv_buf *out, const struct left *l)
{
	gv_buf_addstr(out,
	    "nothing was removed there, since a purge in this clone did not "
	    "end; to end it: ");
	add_commands(out, l);
}

static void
say_young(struct gv_buf *out, const struct left *l)
{
	gv_buf_addf(out, "%s (%s) with it may be of a push that is under way",
	    l->n, l->size);
	add_until(out, l);
	gv_buf_addstr(out, "; after that day: git vault purge");
}

static void
say_kept(struct gv_buf *out, const struct left *l)
{
	gv_buf_addf(out,
	    "%s (%s) that may have it %s deleted, but kept by the store (soft "
	    "delete)",
	    l->n, l->size, is_or_are(l));
	add_until(out, l);
	gv_buf_addstr(out,
	    ". After that day, or once the account and these credentials allow "
	    "permanent deletion: git vault purge");
	add_azure(out, l);
}

static void
say_hidden(struct gv_buf *out, const struct left *l)
{
	gv_buf_addstr(out,
	    "the store does not let this host list versions: if it keeps "
	    "deleted objects, they have it. With credentials that may list "
	    "versions: git vault purge");
	add_azure(out, l);
}

static void
say_unseen(struct gv_buf *out, const struct left *l)
{
	const char *url = l->target->url;

	if (is_at(l, "gs://")) {
		gv_buf_addstr(out,
		    "Google keeps deleted objects for some days, unless soft "
		    "delete is off in the bucket, and git vault cannot see "
		    "them; to list them: gcloud storage ls --soft-deleted "
		    "--recursive");
		add_prefix(out, url);
	} else if (is_at(l, "rclone:")) {
		gv_buf_addstr(out,
		    "what is behind rclone may keep deleted files in a trash "
		    "or as versions, and git vault cannot see them; to remove "
		    "them, if rclone can: rclone cleanup");
		gv_shell_word(out, url + strlen("rclone:"));
	} else {
		gv_buf_addstr(out,
		    "the server may keep deleted files in a trash or as "
		    "versions, and git vault cannot see them; look there, and "
		    "empty it");
	}
}

static void
say_kept_back(struct gv_buf *out, const struct left *l)
{
	gv_buf_addf(out,
	    "refs with a likely secret were kept back, and have it; for which: "
	    "git vault replicate push -n %s",
	    l->target->name);
}

static void
say_history(struct gv_buf *out, const struct left *l)
{
	gv_buf_addf(out,
	    "%s of Git with it %s still in branches, tags, stashes, automatic "
	    "saves or known-good records of this clone; rewrite or delete "
	    "these, then: git vault purge",
	    l->n, is_or_are(l));
}

int
gv_purge_rest_say(struct gv_buf *out, const struct gv_replica_purge_rest *rest,
    const struct gv_target *t, const struct gv_replica_purged *purged)
{
	static const struct {
		const char *kind;
		void (*say)(struct gv_buf *out, const struct left *l);
	} all[] = { { "locked", say_locked }, { "held", say_held },
		{ "denied", say_denied }, { "host", say_host },
		{ "begun", say_begun }, { "young", say_young },
		{ "kept", say_kept }, { "hidden", say_hidden },
		{ "unseen", say_unseen }, { "kept-back", say_kept_back },
		{ "history", say_history } };
	struct left l = { .rest = rest, .target = t, .purged = purged };
	size_t i;

	gv_out_count(l.n, rest->objects, "object");
	gv_out_size(l.size, rest->bytes);
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strcmp(rest->kind, all[i].kind) == 0)
			all[i].say(out, &l);
	return gv_buf_check(out);
}
