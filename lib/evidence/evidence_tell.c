#include <string.h>

#include "base/err.h"
#include "evidence/evidence_internal.h"
#include "format/canon.h"
#include "sys/env.h"
#include "vault/author.h"

/* ---- manifest.json ------------------------------------------------------- */

static int
add_manifest(struct gv_evidence_run *run)
{
	const struct gv_evidence *done = run->done;
	const struct gv_evidence_control *control = run->opts->control;
	struct gv_buf text = GV_BUF_INIT, actor = GV_BUF_INIT;
	struct gv_canon c = { .out = &text };
	char host[256];
	int r;

	gv_env_host(host, sizeof(host));
	gv_author_add_name(&actor, run->repo);
	if ((r = gv_buf_check(&actor)) < 0)
		goto out;
	gv_canon_map(&c, NULL);
	gv_canon_text(&c, "control", control->name);
	gv_canon_number(&c, "damaged", done->damaged);
	gv_canon_number(&c, "drills", done->drills);
	gv_canon_number(&c, "drills_failed", done->failed);
	gv_canon_number(&c, "environments", done->environments);
	gv_canon_number(&c, "environments_overdue", done->overdue);
	gv_canon_number(&c, "events", done->events);
	gv_canon_number(&c, "events_unknown_signer", done->unknown);
	gv_canon_number(&c, "events_unsigned", done->is_unsigned);
	gv_canon_text(&c, "framework", control->framework);
	gv_canon_time(&c, "from", run->opts->from);
	gv_canon_text(&c, "host", host);
	gv_canon_time(&c, "made", run->opts->now);
	gv_canon_text(&c, "made_by", actor.p);
	gv_canon_number(&c, "records", done->records);
	gv_canon_number(&c, "reports_elsewhere", done->lacking);
	gv_canon_number(&c, "snapshots", done->snapshots);
	gv_canon_time(&c, "to", run->opts->to);
	gv_canon_text(&c, "version", PACKAGE_VERSION);
	gv_canon_end(&c);
	gv_buf_addch(&text, '\n');
	r = gv_evidence_add(run, "manifest.json", &text);
out:
	gv_buf_release(&text);
	gv_buf_release(&actor);
	return r;
}

/* ---- README -------------------------------------------------------------- */

static void
add_head(struct gv_buf *out, const struct gv_evidence_run *run)
{
	const struct gv_evidence_control *c = run->opts->control;
	char from[GV_TIME_MAX], to[GV_TIME_MAX];

	gv_time_rfc3339(from, run->opts->from);
	gv_time_rfc3339(to, run->opts->to);
	gv_buf_addf(out,
	    "%s %s: %s\n\nEvidence from %s to %s, made by git-vault "
	    "%s.\nThe manual page git-vault-audit(7) says what each file "
	    "proves.\n\n",
	    c->framework, c->name, c->title, from, to, PACKAGE_VERSION);
}

static void
add_files(struct gv_buf *out, const struct gv_evidence_run *run)
{
	const unsigned parts = run->opts->control->parts;

	gv_buf_addstr(out, "Files\n");
	if (parts & GV_EVIDENCE_DRILLS)
		gv_buf_addstr(out,
		    "- drills.csv: one line for each rehearsed recovery\n"
		    "- reports/: the reports of those that ran in this clone\n");
	if (parts & GV_EVIDENCE_ENVIRONMENTS)
		gv_buf_addstr(out,
		    "- environments.csv: targets, and when the next drill is "
		    "due\n");
	if (parts & GV_EVIDENCE_SNAPSHOTS)
		gv_buf_addstr(out, "- snapshots.csv: the snapshots\n");
	if (parts & GV_EVIDENCE_RECORDS)
		gv_buf_addstr(out,
		    "- records.csv, records/: known-good records, as signed\n");
	gv_buf_addstr(out,
	    "- events.csv, events/: events of the audit chains, as signed\n"
	    "- signers: who had which key, by the keyring\n"
	    "- manifest.json: counts; SHA256SUMS: the sums of all files\n\n");
}

static void
add_checks(struct gv_buf *out)
{
	gv_buf_addstr(out,
	    "Check it without git-vault, in this directory:\n\n"
	    "No file was changed:\n\n"
	    "    sha256sum --quiet -c SHA256SUMS\n\n"
	    "Somebody in `signers` made these sums:\n\n"
	    "    name=$(ssh-keygen -Y find-principals -s SHA256SUMS.sig -f "
	    "signers)\n"
	    "    ssh-keygen -Y verify -f signers -I \"$name\" "
	    "-n " GV_EVIDENCE_SPACE " -s SHA256SUMS.sig <SHA256SUMS\n\n"
	    "Somebody in `signers` signed each event, which has not changed "
	    "since:\n\n"
	    "    for sig in events/*.sig\n"
	    "    do\n"
	    "      test -e $sig || continue\n"
	    "      event=${sig%.sig}\n"
	    "      name=$(ssh-keygen -Y find-principals -s $sig -f signers) && "
	    "\\\n"
	    "      sed '$d' $event | ssh-keygen -Y verify -f signers "
	    "-I \"$name\" -n git-vault-audit -s $sig && \\\n"
	    "      test $(git hash-object -t commit $event) = "
	    "${event#events/} || exit 1\n"
	    "    done\n\n"
	    "An event of a drill has the sum of its report:\n\n"
	    "    for report in reports/*.json\n"
	    "    do\n"
	    "      test -e $report || continue\n"
	    "      sum=$(sha256sum <$report | cut -c1-64)\n"
	    "      grep -q \"report=$sum\" events/* || exit 1\n"
	    "    done\n\n"
	    "Compare the keys in `signers` with those that you know. That no "
	    "event is missing,\n`git vault audit verify --remote origin` says "
	    "in a clone.\n");
}

static int
add_readme(struct gv_evidence_run *run)
{
	struct gv_buf text = GV_BUF_INIT;
	int r;

	add_head(&text, run);
	add_files(&text, run);
	add_checks(&text);
	r = gv_evidence_add(run, "README", &text);
	gv_buf_release(&text);
	return r;
}

int
gv_evidence_tell(struct gv_evidence_run *run)
{
	int r = add_readme(run);

	return r < 0 ? r : add_manifest(run);
}
