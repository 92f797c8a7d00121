#include <fcntl.h>
#include <string.h>

#include "base/err.h"
#include "base/path.h"
#include "base/time.h"
#include "doctor/doctor_internal.h"
#include "doctor/doctor_judge.h"
#include "object/odb.h"
#include "object/odb_own.h"
#include "object/repo_odb.h"
#include "record/own.h"
#include "record/record_parse.h"
#include "record/record_refs.h"
#include "record/tombstone.h"
#include "repo/refs.h"
#include "snapshot/status.h"
#include "sys/file.h"
#include "sys/proc.h"
#include "worktree/index.h"

/* The first git that makes cruft packs by default, as gv_doctor.git. */
#define CRUFT_DEFAULT 241

/* The time of the newest snapshot, by its id; 0 without snapshots. */
static int64_t
newest(const struct gv_doctor *d)
{
	const size_t n = d->report->refs.refs.n;

	return n ? gv_doctor_time(d->report, n - 1) : 0;
}

int
gv_doctor_clock(struct gv_doctor *d)
{
	const size_t n = d->report->refs.refs.n;
	const struct gv_doctor_verdict v =
	    gv_doctor_judge_clock(newest(d), d->opts->now);

	if (v.kind == NULL)
		return 0;
	return gv_doctor_add(d, v.grade, v.kind, "date -u",
	    "the newest snapshot, %s, is from the future, so its age is "
	    "unknown and no new snapshot becomes the latest: set this clock if "
	    "it is slow, or 'git vault delete' that snapshot if the clock was "
	    "fast",
	    gv_doctor_id(d->report, n - 1));
}

/* One that somebody made by hand, say to try the hooks of a server. */
static int
tell_misnamed(struct gv_doctor *d, const char *id)
{
	struct gv_buf quoted = GV_BUF_INIT;
	int r;

	gv_path_quote(&quoted, id, strlen(id));
	if ((r = gv_buf_check(&quoted)) == 0)
		r = gv_doctor_add_for(d, GV_DOCTOR_WARNING, "ref_misnamed",
		    (struct gv_doctor_do){ "git vault delete --force", id },
		    "the ref " GV_REFS_SNAPSHOTS
		    "%s is not named like a snapshot, and none",
		    quoted.p);
	gv_buf_release(&quoted);
	return r;
}

int
gv_doctor_misnamed(struct gv_doctor *d)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < d->snapshots.n; i++) {
		const char *name = d->snapshots.refs[i].name;

		if (!gv_record_is_ref(name))
			r = tell_misnamed(d, name + strlen(GV_REFS_SNAPSHOTS));
	}
	return r;
}

int
gv_doctor_own(struct gv_doctor *d)
{
	struct gv_own own = { 0 };
	int r = gv_own_load(&own, d->repo);

	if (r == 0 && gv_own_is_lost(&own, d->repo))
		r = gv_doctor_add(d, GV_DOCTOR_WARNING, "own_lost",
		    "git vault snapshot --force",
		    "%s/vault/own, the list of the snapshots that this clone "
		    "took, is missing or damaged: they now count as another "
		    "clone's, so a restore leaves out their owners and setuid "
		    "bits, and a rollback leaves out ignored files; a new "
		    "snapshot begins a new list",
		    d->repo->common_dir);
	gv_own_release(&own);
	return r;
}

/* No restore is named that would give back what was staged, since that has the
 * files go back as well. */
static int
add_index(struct gv_doctor *d)
{
	struct gv_buf cmd = GV_BUF_INIT;
	int r = gv_index_mend(&cmd, d->repo);

	if (r == 0)
		r = gv_doctor_add(d, GV_DOCTOR_ERROR, "index_damaged", cmd.p,
		    "neither git nor a snapshot can continue: %.*s; the files "
		    "stay unchanged, and what was staged must be staged again",
		    (int)strcspn(gv_err_message(), "\n"), gv_err_message());
	gv_buf_release(&cmd);
	return r;
}

/* Whether it can be read: 1, 0 where it cannot and was told of, a failure. */
static int
check_index(struct gv_doctor *d)
{
	struct gv_index *index = NULL;
	int r = gv_index_open(&index, d->repo);

	gv_index_close(index);
	return r == GV_ECORRUPT ? add_index(d) : r < 0 ? r : 1;
}

/* Whether that snapshots are damaged or lost was reported. */
static bool
is_known(const struct gv_doctor_report *report)
{
	size_t i;

	for (i = 0; i < report->n; i++)
		if (strcmp(report->findings[i].kind, "snapshot_damaged") == 0 ||
		    strcmp(report->findings[i].kind, "snapshot_lost") == 0)
			return true;
	return false;
}

/* Why the working tree cannot be compared with the last snapshot: it is one
 * finding, and the other checks go on. */
static int
add_failure(struct gv_doctor *d, int r)
{
	struct gv_buf cmd = GV_BUF_INIT;

	if (r == GV_ENOMEM || r == GV_ECANCELED)
		return r;
	if (r == GV_ECORRUPT || r == GV_ENOTFOUND) {
		if (is_known(d->report))
			return 0;
		if ((r = gv_doctor_repair(&cmd, d)) == 0)
			r = gv_doctor_add(d, GV_DOCTOR_ERROR,
			    "snapshot_damaged", cmd.p,
			    "the last snapshot cannot be compared with: %s",
			    gv_err_message());
		gv_buf_release(&cmd);
		return r;
	}
	return gv_doctor_add(d, GV_DOCTOR_ERROR, "snapshot_fails", NULL,
	    "the next snapshot fails: %s", gv_err_message());
}

/* Old snapshots of a tree that has not changed since are as good as new ones,
 * which the brief look cannot tell. */
static int
add_old(struct gv_doctor *d, const char *age, const struct gv_status *status)
{
	if (status)
		return gv_doctor_add(d, GV_DOCTOR_WARNING, "snapshot_old",
		    "git vault snapshot",
		    "the newest snapshot was taken %s, and %zu path%s changed "
		    "since",
		    age, status->n, status->n == 1 ? " has" : "s have");
	return gv_doctor_add(d, GV_DOCTOR_WARNING, "snapshot_old",
	    "git vault snapshot", "the newest snapshot was taken %s", age);
}

static int
compare(struct gv_doctor *d, const char *age, struct gv_doctor_judge_age facts)
{
	struct gv_status status = { 0 };
	int r = gv_status_get(&status, d->repo);

	if (r < 0)
		return add_failure(d, r);
	facts.is_compared = true;
	facts.changed = status.n;
	if (gv_doctor_judge_age(&facts).kind)
		r = add_old(d, age, &status);
	if (r == 0 && status.unheld)
		r = gv_doctor_add(d, GV_DOCTOR_WARNING, "precious_unheld",
		    "git vault snapshot",
		    "%llu precious file%s that git ignores %s in no snapshot; "
		    "'git vault status' shows which",
		    (unsigned long long)status.unheld,
		    status.unheld == 1 ? "" : "s",
		    status.unheld == 1 ? "is" : "are");
	gv_status_release(&status);
	return r;
}

int
gv_doctor_age(struct gv_doctor *d)
{
	const bool has_tree = d->repo->worktree != NULL;
	const struct gv_doctor_judge_age facts = { .newest = newest(d),
		.now = d->opts->now,
		.max_age = d->opts->max_age,
		.has_tree = has_tree,
		.brief = d->opts->brief };
	const struct gv_doctor_verdict v = gv_doctor_judge_age(&facts);
	char age[GV_TIME_MAX];
	int r = has_tree && !d->opts->brief ? check_index(d) : 1;

	if (r <= 0)
		return r;
	/* where no files are, they come by a sync only */
	if (facts.newest == 0)
		return gv_doctor_add(d, v.grade, v.kind,
		    has_tree ? "git vault snapshot" : NULL,
		    "there is no snapshot%s",
		    has_tree ? "" : " yet; a sync from a clone brings some");
	gv_time_relative(age, facts.newest, facts.now);
	if (has_tree && !d->opts->brief && !d->is_policy_bad)
		return compare(d, age, facts);
	return v.kind ? add_old(d, age, NULL) : 0;
}

/* What git calls unreachable. */
struct lost {
	struct gv_record_refs refs;
	struct gv_odb *odb;
	const char *objects_dir;
	size_t objects;
	size_t deleted, unnamed; /* snapshots */
	/* more of the deleted, git's alone to remove: in a file each, and in
	 * packs that are its own */
	size_t loose, packed;
	struct gv_odb_own own; /* the packs that are ours, once read */
	bool has_own;
	char id[GV_RECORD_ID_LEN + 1], commit[GV_OID_HEX + 1]; /* the newest of
								  the unnamed */
};

/* Whether somebody let go of it knowingly: it was deleted, or another commit
 * has taken its place. What cannot be told is taken for that. */
static bool
is_let_go(struct lost *l, const char *id)
{
	struct gv_buf name = GV_BUF_INIT;
	bool yes;

	gv_buf_addf(&name, GV_REFS_SNAPSHOTS "%s", id);
	yes = gv_buf_check(&name) < 0 || l->refs.damaged.len ||
	    gv_refs_find(&l->refs.refs, name.p) ||
	    gv_tombstone_find(NULL, l->odb, &l->refs.deleted, id) != 0;
	gv_buf_release(&name);
	return yes;
}

/* What a fetch of few objects brings, or git has unpacked, lies in a file each;
 * the objects of one commit came in one way. */
static bool
is_loose(const struct lost *l, const char *hex)
{
	struct gv_buf path = GV_BUF_INIT;
	bool is;

	gv_buf_addf(&path, "%s/%.2s/%.*s", l->objects_dir, hex, GV_OID_HEX - 2,
	    hex + 2);
	is = gv_buf_check(&path) == 0 && gv_file_exists(AT_FDCWD, path.p);
	gv_buf_release(&path);
	return is;
}

/* Whether it lies in a pack that is not ours, as where `git repack -a -k` has
 * put all into one. What cannot be told is taken for ours. */
static bool
is_of_git(struct lost *l, const struct gv_oid *commit)
{
	if (!l->has_own && gv_odb_own_list(&l->own, l->odb, true) == 0 &&
	    gv_odb_own_check(&l->own, l->odb) == 0)
		l->has_own = true;
	else if (!l->has_own)
		gv_odb_own_release(&l->own);
	return l->has_own && gv_odb_own_find(&l->own, commit) == NULL;
}

static void
look_at_commit(struct lost *l, const char *hex)
{
	struct gv_object obj = { 0 };
	struct gv_record rec;
	struct gv_oid oid;

	if (gv_oid_parse(&oid, hex) == 0 &&
	    gv_odb_read_type(l->odb, &obj, &oid, GV_OTYPE_COMMIT) == 0 &&
	    gv_record_parse(&rec, obj.data, obj.len) == 0) {
		if (is_let_go(l, rec.id)) {
			++*(is_loose(l, hex)         ? &l->loose
				: is_of_git(l, &oid) ? &l->packed
						     : &l->deleted);
		} else {
			l->unnamed++;
			if (strcmp(rec.id, l->id) > 0) {
				memcpy(l->id, rec.id, sizeof(l->id));
				gv_oid_format(l->commit, &oid);
			}
		}
		gv_record_release(&rec);
	}
	gv_object_release(&obj);
}

static bool
is_ours(const struct lost *l, const char *line)
{
	const char *hex = line + strcspn(line, " \n");
	struct gv_oid oid;

	return *hex == ' ' && gv_oid_parse(&oid, hex + 1) == 0 &&
	    gv_odb_own_has(l->odb, &oid);
}

static int
find_lost(struct lost *l, struct gv_repo *repo)
{
	static const char word[] = "unreachable ", commit[] = "commit ";
	const char *argv[] = { "git", "fsck", "--connectivity-only",
		"--unreachable", "--no-progress", NULL };
	struct gv_proc p = GV_PROC_INIT;
	const char *line, *end;
	int r = gv_repo_odb(repo, &l->odb);

	if (r == 0 && (r = gv_record_refs_load(&l->refs, repo)) == 0)
		r = gv_proc_run(&p, &(struct gv_proc_opts){ .argv = argv });
	for (line = p.out.p; r == 0 && *line; line = end + (*end == '\n')) {
		end = line + strcspn(line, "\n");
		if (strncmp(line, word, sizeof(word) - 1) != 0)
			continue;
		line += sizeof(word) - 1;
		/* of what is borrowed its owner knows what names it */
		if (!is_ours(l, line))
			continue;
		l->objects++;
		if (strncmp(line, commit, sizeof(commit) - 1) == 0)
			look_at_commit(l, line + sizeof(commit) - 1);
	}
	gv_proc_release(&p);
	return r;
}

static int
add_unnamed(struct gv_doctor *d, const struct lost *l)
{
	struct gv_buf cmd = GV_BUF_INIT;
	int r;

	gv_buf_addf(&cmd, "git update-ref " GV_REFS_SNAPSHOTS "%s %s ''", l->id,
	    l->commit);
	if ((r = gv_buf_check(&cmd)) == 0)
		r = gv_doctor_add(d, GV_DOCTOR_NOTE, "unnamed_snapshots", cmd.p,
		    "%zu snapshot%s here that nobody deleted and no ref "
		    "names, as where a ref was lost or a git-vault killed "
		    "just before it; the newest is %s, and git gc removes "
		    "them in time",
		    l->unnamed, l->unnamed == 1 ? " is" : "s are", l->id);
	gv_buf_release(&cmd);
	return r;
}

/* Before cruft packs (2.37, what is done by itself since 2.41) git gc makes a
 * file of each object that it does not drop. */
static int
check_loosening(struct gv_doctor *d, size_t n)
{
	const bool cruft = gv_config_bool(
	    &d->repo->config, "gc.cruftpacks", d->git >= CRUFT_DEFAULT);
	const struct gv_doctor_verdict v =
	    gv_doctor_judge_loosening(d->git, cruft, n);

	if (v.kind == NULL)
		return 0;
	return gv_doctor_add(d, v.grade, v.kind,
	    "git config gc.cruftPacks true",
	    "%zu objects are here that nothing reaches, and git gc would make "
	    "a file of each of them, since gc.cruftPacks is not set",
	    n);
}

static int
add_space(struct gv_doctor *d, const struct lost *l)
{
	int r = 0;

	if (l->deleted)
		r = gv_doctor_add(d, GV_DOCTOR_NOTE, "unreachable_snapshots",
		    "git vault fold --reclaim",
		    "the space of %zu deleted snapshot%s is not reclaimed yet; "
		    "objects younger than vault.reclaimExpire (default: two "
		    "hours) stay",
		    l->deleted, l->deleted == 1 ? "" : "s");
	if (r == 0 && l->loose)
		r = gv_doctor_add(d, GV_DOCTOR_NOTE, "unreachable_snapshots",
		    "git gc",
		    "the objects of %zu deleted snapshot%s are loose; git gc "
		    "deletes those older than gc.pruneExpire (default: two "
		    "weeks)",
		    l->loose, l->loose == 1 ? "" : "s");
	if (r == 0 && l->packed)
		r = gv_doctor_add(d, GV_DOCTOR_NOTE, "unreachable_snapshots",
		    "git gc",
		    "the objects of %zu deleted snapshot%s are in git's own "
		    "packs, as after 'git repack -k'; git gc moves them out "
		    "and deletes those older than gc.pruneExpire (default: two "
		    "weeks)",
		    l->packed, l->packed == 1 ? "" : "s");
	return r < 0 ? r : check_loosening(d, l->objects);
}

int
gv_doctor_unreachable(struct gv_doctor *d)
{
	struct lost l = { .objects_dir = d->repo->objects_dir };
	int r;

	if ((r = find_lost(&l, d->repo)) < 0)
		goto out;
	if (l.unnamed && (r = add_unnamed(d, &l)) < 0)
		goto out;
	/* neither git nor a fold takes anything away where this is set */
	if (!gv_config_bool(
		&d->repo->config, "extensions.preciousobjects", false))
		r = add_space(d, &l);
out:
	gv_odb_own_release(&l.own);
	gv_record_refs_release(&l.refs);
	return r;
}
