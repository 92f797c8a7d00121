#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/time.h"
#include "doctor/doctor_internal.h"
#include "remote/remote.h"
#include "remote/remote_ref.h"
#include "remote/verify_remote.h"
#include "repo/config.h"
#include "vault/setting.h"

/* What clocks may differ by, in seconds. */
#define APART 600

/* ---- vault.<remote>.prefix ---------------------------------------------- */

/* Branches of the vault, as a plain fetch has brought them. */
static int
check_brought(struct gv_doctor *d, const struct gv_remote_ref *map)
{
	struct gv_buf prefix = GV_BUF_INIT, cmd = GV_BUF_INIT;
	struct gv_refs refs = { 0 };
	int r;

	gv_buf_addf(&prefix, "refs/remotes/%.*s/%s", (int)map->len, map->remote,
	    map->commits.p + strlen("refs/heads/"));
	r = gv_buf_check(&prefix);
	gv_buf_addstr(&cmd, "git for-each-ref --format='delete %(refname)'");
	gv_doctor_word(&cmd, "%s", prefix.p);
	gv_buf_addstr(&cmd, " | git update-ref --stdin");
	if (r < 0 || (r = gv_buf_check(&cmd)) < 0 ||
	    (r = gv_ref_list(&refs, d->repo, prefix.p)) < 0)
		goto out;
	if (refs.n)
		r = gv_doctor_add(d, GV_DOCTOR_NOTE, "vault_as_branches", cmd.p,
		    "%zu ref%s of the vault of '%.*s' exist%s as branches "
		    "below %s: a clone or an early fetch made them, and only "
		    "sync should fetch them",
		    refs.n, refs.n == 1 ? "" : "s", (int)map->len, map->remote,
		    refs.n == 1 ? "s" : "", prefix.p);
out:
	gv_refs_release(&refs);
	gv_buf_release(&prefix);
	gv_buf_release(&cmd);
	return r;
}

/* A fetch that would bring them. */
static int
check_fetched(struct gv_doctor *d, const struct gv_remote_ref *map)
{
	struct gv_buf cmd = GV_BUF_INIT;
	int r = gv_remote_ref_is_fetched(map, &d->repo->config);

	if (r <= 0)
		return r;
	gv_buf_addstr(&cmd, "git config --fixed-value --replace-all");
	gv_doctor_word(&cmd, "remote.%.*s.fetch", (int)map->len, map->remote);
	gv_doctor_word(&cmd, "^%s*", map->commits.p);
	gv_doctor_word(&cmd, "^%s*", map->commits.p);
	if ((r = gv_buf_check(&cmd)) == 0)
		r = gv_doctor_add(d, GV_DOCTOR_NOTE, "fetch_brings_vault",
		    cmd.p,
		    "'git fetch %.*s' fetches the remote's vault as branches; "
		    "remote.%.*s.fetch should exclude %s, which 'git vault "
		    "init' sets up, too",
		    (int)map->len, map->remote, (int)map->len, map->remote,
		    map->commits.p);
	gv_buf_release(&cmd);
	return r;
}

static int
check_prefix(struct gv_doctor *d, const char *key, size_t len)
{
	const char *remote = key + strlen("vault.");
	struct gv_buf cmd = GV_BUF_INIT;
	struct gv_remote_ref map;
	int r = gv_remote_ref_open(&map, &d->repo->config, remote, len);
	bool is_bad = r == GV_ERROR;

	gv_buf_addstr(&cmd, "git config --replace-all");
	gv_doctor_word(&cmd, "%s", key);
	gv_buf_addstr(&cmd, " refs/heads/vault/");
	if (is_bad)
		r = gv_buf_check(&cmd);
	if (r < 0)
		goto out;
	if (is_bad)
		r = gv_doctor_add(d, GV_DOCTOR_ERROR, "prefix_bad", cmd.p, "%s",
		    gv_err_message());
	else if (gv_remote_ref_is_prefixed(&map) &&
	    gv_remote_is(&d->repo->config, remote, len) &&
	    strncmp(map.commits.p, "refs/heads/", 11) == 0) {
		if ((r = check_fetched(d, &map)) == 0)
			r = check_brought(d, &map);
	}
out:
	gv_buf_release(&cmd);
	gv_remote_ref_release(&map);
	return r;
}

/* ---- what is set for a remote that is no more --------------------------- */

/* The remote that a setting of this repository is of; NULL: of none. */
static const char *
about(size_t *len, const struct gv_config_entry *e)
{
	static const char *const ends[] = { ".prefix", ".only" };
	const size_t front = strlen("vault."), n = strlen(e->key);
	size_t i, back;

	if (e->scope != GV_CONFIG_LOCAL || e->value == NULL)
		return NULL;
	if (strcmp(e->key, GV_SETTING_NARROWED) == 0) {
		*len = strlen(e->value);
		return e->value;
	}
	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		back = strlen(ends[i]);
		if (n <= front + back ||
		    strncmp(e->key, "vault.", front) != 0 ||
		    strcmp(e->key + n - back, ends[i]) != 0)
			continue;
		*len = n - front - back;
		return e->key + front;
	}
	return NULL;
}

/* Whether one of the first n settings is of that remote. */
static bool
is_set(const struct gv_config *c, size_t n, const char *remote, size_t len)
{
	const char *name;
	size_t i, k;

	for (i = 0; i < n; i++) {
		name = about(&k, &c->entries[i]);
		if (name && k == len && memcmp(name, remote, len) == 0)
			return true;
	}
	return false;
}

/* The one remote for which nothing is set: it may have had that name. */
static bool
find_heir(struct gv_remote *out, const struct gv_config *c)
{
	struct gv_remote remote;
	size_t at = 0, n = 0;

	while (gv_remote_next(&remote, &at, c))
		if (!is_set(c, c->n, remote.name, remote.len)) {
			*out = remote;
			n++;
		}
	return n == 1;
}

/* What would have the settings of a name, of a section or a value, be those of
 * another. */
static void
add_rename(struct gv_buf *cmd, const struct gv_config *c, const char *name,
    const struct gv_remote *heir)
{
	bool has_section = false, has_value = false;
	size_t i, len;

	for (i = 0; i < c->n; i++) {
		const struct gv_config_entry *e = &c->entries[i];
		const char *is = about(&len, e);

		if (is == NULL || len != strlen(name) ||
		    memcmp(is, name, len) != 0)
			continue;
		has_value |= is == e->value;
		has_section |= is != e->value;
	}
	if (has_section) {
		gv_buf_addstr(cmd, "git config --rename-section");
		gv_doctor_word(cmd, "vault.%s", name);
		gv_doctor_word(cmd, "vault.%.*s", (int)heir->len, heir->name);
	}
	if (has_value) {
		gv_buf_addf(cmd,
		    "%sgit config --fixed-value --replace-all " GV_SETTING_NARROWED,
		    cmd->len ? " && " : "");
		gv_doctor_word(cmd, "%.*s", (int)heir->len, heir->name);
		gv_doctor_word(cmd, "%s", name);
	}
}

static int
tell_left(struct gv_doctor *d, const char *key, const char *name)
{
	const struct gv_config *c = &d->repo->config;
	struct gv_buf cmd = GV_BUF_INIT;
	struct gv_remote heir;
	int r;

	if (find_heir(&heir, c))
		add_rename(&cmd, c, name, &heir);
	if ((r = gv_buf_check(&cmd)) == 0)
		r = gv_doctor_add(d, GV_DOCTOR_ERROR, "settings_left",
		    cmd.len ? cmd.p : NULL,
		    "%s is a setting of a remote '%s', which does not exist: "
		    "git leaves such settings when a remote is renamed or "
		    "removed; rename the setting, or remove it by 'git config'",
		    key, name);
	gv_buf_release(&cmd);
	return r;
}

/* Once for each name. */
static int
check_left(struct gv_doctor *d)
{
	const struct gv_config *c = &d->repo->config;
	const char *name;
	char *copy;
	size_t i, len;
	int r = 0;

	for (i = 0; r == 0 && i < c->n; i++) {
		name = about(&len, &c->entries[i]);
		if (name == NULL || !gv_remote_is_gone(c, name, len) ||
		    is_set(c, i, name, len))
			continue;
		copy = strndup(name, len);
		r = copy ? tell_left(d, c->entries[i].key, copy)
			 : gv_err_nomem();
		free(copy);
	}
	return r;
}

int
gv_doctor_prefixes(struct gv_doctor *d)
{
	const struct gv_config *c = &d->repo->config;
	const size_t front = strlen("vault."), back = strlen(".prefix");
	size_t i, len;
	int r = 0;

	for (i = 0; r == 0 && i < c->n; i++) {
		const char *key = c->entries[i].key;

		len = strlen(key);
		/* a key that comes again is the last one's to tell */
		if (len > front + back && strncmp(key, "vault.", front) == 0 &&
		    strcmp(key + len - back, ".prefix") == 0 &&
		    c->entries[i].value &&
		    strcmp(gv_config_get(c, key), c->entries[i].value) == 0)
			r = check_prefix(d, key, len - front - back);
	}
	return r < 0 ? r : check_left(d);
}

/* ---- the one that was named --------------------------------------------- */

/* No name of a ref, and no setting, mends that. */
static int
tell_hash(struct gv_doctor *d, const char *why)
{
	return gv_doctor_add(d, GV_DOCTOR_ERROR, "hash_other", NULL,
	    "the remote '%s' can keep nothing of this repository: %s",
	    d->opts->remote, why);
}

static int
tell_refused(struct gv_doctor *d)
{
	const char *remote = d->opts->remote;
	struct gv_buf cmd = GV_BUF_INIT;
	struct gv_remote_ref map;
	bool is_prefixed;
	int r =
	    gv_remote_ref_open(&map, &d->repo->config, remote, strlen(remote));

	is_prefixed = r == 0 && gv_remote_ref_is_prefixed(&map);
	gv_buf_addstr(&cmd, "git config");
	gv_doctor_word(&cmd, "vault.%s.prefix", remote);
	gv_buf_addstr(&cmd, " refs/heads/vault/");
	if (r < 0 || (r = gv_buf_check(&cmd)) < 0)
		goto out;
	if (strstr(d->report->probe.why, "hash algorithm"))
		r = tell_hash(d, GV_VERIFY_REMOTE_HASH);
	else if (is_prefixed)
		r = gv_doctor_add(d, GV_DOCTOR_ERROR, "ref_refused", NULL,
		    "the remote '%s' refuses refs below its prefix %s, so "
		    "nothing can be stored there: %s",
		    remote, map.commits.p, d->report->probe.why);
	else
		r = gv_doctor_add(d, GV_DOCTOR_ERROR, "ref_refused", cmd.p,
		    "the remote '%s' refuses refs below refs/vault/, so "
		    "nothing can be stored there; it may accept branches: %s",
		    remote, d->report->probe.why);
out:
	gv_remote_ref_release(&map);
	gv_buf_release(&cmd);
	return r;
}

static int
tell_kept(struct gv_doctor *d)
{
	return gv_doctor_add(d, GV_DOCTOR_WARNING, "ref_kept", NULL,
	    "the remote '%s' refuses to delete refs, so those of deleted "
	    "snapshots, of locks and of this probe stay there; allow deletions "
	    "below refs/vault/ there: %s",
	    d->opts->remote, d->report->probe.why);
}

static int
tell_hidden(struct gv_doctor *d)
{
	return gv_doctor_add(d, GV_DOCTOR_ERROR, "ref_hidden", NULL,
	    "the remote '%s' accepts refs below refs/vault/ but hides them, so "
	    "no other clone can fetch them; on the server, transfer.hideRefs "
	    "or uploadpack.hideRefs hides them",
	    d->opts->remote);
}

static int
tell_in_the_way(struct gv_doctor *d)
{
	const char *remote = d->opts->remote;
	const char *ref = d->report->probe.in_the_way;
	struct gv_buf cmd = GV_BUF_INIT;
	int r;

	gv_buf_addstr(&cmd, "git push");
	gv_doctor_word(&cmd, "%s", remote);
	gv_doctor_word(&cmd, ":%s", ref);
	if ((r = gv_buf_check(&cmd)) == 0)
		r = gv_doctor_add(d, GV_DOCTOR_ERROR, "ref_in_the_way", cmd.p,
		    "the remote '%s' has a ref %s, whose name collides with a "
		    "folder of vault refs: those cannot be pushed there",
		    remote, ref);
	gv_buf_release(&cmd);
	return r;
}

static int
tell_protocol(struct gv_doctor *d)
{
	const char *set = gv_config_get(&d->repo->config, "protocol.version");
	bool is_ours = set && strcmp(set, "2") != 0;

	return gv_doctor_add(d, GV_DOCTOR_NOTE, "protocol_old",
	    is_ours ? "git config protocol.version 2" : NULL,
	    "the remote '%s' is spoken to by version %d of git's protocol%s: "
	    "each fetch and each look at it lists all refs that it has",
	    d->opts->remote, d->report->probe.protocol,
	    is_ours ? ", since protocol.version says so" : "");
}

static int
tell_apart(struct gv_doctor *d)
{
	const struct gv_probe *p = &d->report->probe;
	char when[GV_TIME_MAX];

	gv_time_rfc3339(when, p->newest);
	return gv_doctor_add(d, GV_DOCTOR_WARNING, "clock_apart", "date -u",
	    "the newest snapshot on the remote '%s' is of %s, %" PRId64
	    " minutes in the future: this clock is slow, or its host's was "
	    "fast, so ages of snapshots are unreliable",
	    d->opts->remote, when, (p->newest - d->opts->now) / 60);
}

/* The less grave, of one that takes refs. */
static int
tell_more(struct gv_doctor *d)
{
	const struct gv_probe *p = &d->report->probe;
	int r = 0;

	if (!p->is_atomic)
		r = gv_doctor_add(d, GV_DOCTOR_NOTE, "not_atomic", NULL,
		    "the remote '%s' does not support atomic pushes: sync "
		    "pushes each ref separately, and the refs of deleted "
		    "snapshots stay there; on the server, set "
		    "receive.advertiseAtomic",
		    d->opts->remote);
	if (r == 0 && p->protocol < 2)
		r = tell_protocol(d);
	if (r == 0 && p->swept)
		r = gv_doctor_add(d, GV_DOCTOR_NOTE, "probe_left", NULL,
		    "%zu ref%s that an earlier probe of the remote '%s' left, "
		    "since it was killed, %s taken away",
		    p->swept, p->swept == 1 ? "" : "s", d->opts->remote,
		    p->swept == 1 ? "was" : "were");
	if (r == 0 && p->newest > d->opts->now + APART)
		r = tell_apart(d);
	return r;
}

int
gv_doctor_remote(struct gv_doctor *d)
{
	const char *remote = d->opts->remote;
	struct gv_probe *p = &d->report->probe;
	int r;

	if ((r = gv_remote_check(&d->repo->config, remote)) < 0)
		return r;
	r = gv_probe_run(p, d->repo, remote, d->opts->now);
	if (r == GV_EREFUSED)
		return tell_hash(d, gv_err_message());
	/* the prefix is reported already */
	if (r < 0)
		return r == GV_ERROR && d->report->counts[GV_DOCTOR_ERROR] ? 0
									   : r;
	d->report->is_probed = true;
	if (!p->is_reached)
		return gv_doctor_add(d, GV_DOCTOR_ERROR, "remote_unreached",
		    NULL, "the remote '%s' cannot be asked: %s", remote,
		    p->why);
	if (!p->is_taken)
		r = tell_refused(d);
	else if (!p->is_shown)
		r = tell_hidden(d);
	if (r < 0)
		goto out;
	if (p->is_taken && !p->is_gone && (r = tell_kept(d)) < 0)
		goto out;
	if (p->in_the_way)
		r = tell_in_the_way(d);
out:
	return r < 0 || !p->is_taken ? r : tell_more(d);
}
