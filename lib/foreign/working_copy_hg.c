#include "foreign/working_copy_internal.h"

#include <string.h>

#include "base/err.h"
#include "base/lines.h"
#include "foreign/working_copy_address.h"
#include "foreign/working_copy_server.h"
#include "sys/proc.h"

#define MAX_QUESTIONS 8
#define NODE          40 /* digits of a changeset's id */
#define BASE          "max(::. and public())"
#define LINE          "{node} {phase} {branch}\\n"

struct question {
	const char *name;
	const char *argv[7];
};

static const struct question questions[] = {
	{ "bookmarks", { "bookmarks", "-T", "{bookmark} {node}\\n", NULL } },
	{ "drafts", { "log", "-r", "not public()", "-T", LINE, NULL } },
	{ "parents", { "log", "-r", "p1() + p2()", "-T", LINE, NULL } },
	{ "conflicts", { "resolve", "-l", NULL } },
	{ "status", { "status", "-mardC", NULL } },
	{ NULL, { NULL } },
};

/* The last changeset that others have too: a draft may be nowhere else. */
static const struct question base_questions[] = {
	{ "node", { "log", "-r", BASE, "-T", "{node}", NULL } },
	{ "clean", { "status", "--rev", BASE, "-c", "-n", "-0", NULL } },
	{ NULL, { NULL } },
};

static const struct question tracked_questions[] = {
	{ "files", { "files", "-0", NULL } },
	{ NULL, { NULL } },
};

/* Extensions that come with hg, of which a repository cannot be read without.
 */
static const struct {
	const char *requirement, *option;
} extensions[] = { { "exp-sparse\n", "extensions.sparse=" },
	{ "largefiles\n", "extensions.largefiles=" },
	{ "lfs\n", "extensions.lfs=" },
	{ "narrowhg-experimental\n", "extensions.narrow=" } };

static bool
needs(const struct gv_buf *requires, const char *line)
{
	const char *found = requires->len ? strstr(requires->p, line) : NULL;

	return found && (found == requires->p || found[-1] == '\n');
}

#define EXTENSION_WORDS (2 * sizeof(extensions) / sizeof(extensions[0]))

/* Put the options that load what the repository needs to argv[n]; how many
 * words there are then. */
static size_t
load_extensions(const char **argv, size_t n, const struct gv_repo *repo)
{
	struct gv_buf requires = GV_BUF_INIT;
	size_t i;

	(void)gv_working_copy_read(&requires, repo, "requires");
	(void)gv_working_copy_read(&requires, repo, "store/requires");
	for (i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++)
		if (needs(&requires, extensions[i].requirement)) {
			argv[n++] = "--config";
			argv[n++] = extensions[i].option;
		}
	gv_buf_release(&requires);
	return n;
}

static int
start(struct gv_proc *p, const struct gv_repo *repo,
    const struct question *questions_of)
{
	const char *argv[6 + EXTENSION_WORDS + 1] = { "hg", "serve",
		"--cmdserver", "pipe", "--config", "ui.timeout=5" };
	struct gv_buf in = GV_BUF_INIT;
	int r = 0;

	(void)load_extensions(argv, 6, repo);
	for (; r == 0 && questions_of->name; questions_of++)
		r = gv_working_copy_request(&in, questions_of->argv);
	if (r == 0)
		r = gv_working_copy_run(p, repo, argv, &in);
	if (r == 0 && p->status && p->out.len == 0)
		r = gv_err(GV_ERROR, "%s", gv_proc_why(p));
	gv_buf_release(&in);
	return r;
}

/* The answers, in the order of the questions, by one process. */
static int
ask(struct gv_buf *answers, const struct gv_repo *repo,
    const struct question *asked)
{
	struct gv_working_copy_answers a;
	struct gv_proc p = GV_PROC_INIT;
	long status;
	int r = start(&p, repo, asked);

	if (r == 0)
		r = gv_working_copy_answers_init(&a, p.out.p, p.out.len);
	for (; r == 0 && asked->name; asked++, answers++) {
		struct gv_buf err = GV_BUF_INIT;

		r = gv_working_copy_answer(answers, &err, &status, &a);
		/* 1 without a word: there is nothing of the kind */
		if (r == 0 && status && !(status == 1 && err.len == 0))
			r = gv_err(GV_ERROR, "%.*s",
			    (int)(err.len ? strcspn(err.p, "\n") : 0), err.p);
		gv_buf_release(&err);
	}
	gv_proc_release(&p);
	return r;
}

/* hg deletes what it could not finish: root would lose /dev/stdout. */
static int
bundle(struct gv_working_copy *wc, const struct gv_repo *repo)
{
	const char *argv[8 + EXTENSION_WORDS + 1] = { "hg", "bundle", "-q",
		"-r", "not public()", "--base", "public() + null",
		"/dev/fd/1" };
	struct gv_proc p = GV_PROC_INIT;
	int r;

	(void)load_extensions(argv, 8, repo);
	r = gv_working_copy_run(&p, repo, argv, NULL);

	if (r == 0 && p.status)
		r = gv_err(GV_ERROR, "%s", gv_proc_why(&p));
	else if (r == 0)
		r = gv_working_copy_add(wc, "drafts.hg", &p.out);
	gv_proc_release(&p);
	return r;
}

int
gv_working_copy_ask_hg(struct gv_working_copy *wc, const struct gv_repo *repo)
{
	struct gv_buf answers[MAX_QUESTIONS];
	bool has_drafts = false;
	size_t i;
	int r;

	for (i = 0; i < MAX_QUESTIONS; i++)
		answers[i] = (struct gv_buf)GV_BUF_INIT;
	r = ask(answers, repo, questions);
	for (i = 0; r == 0 && questions[i].name; i++) {
		if (answers[i].len == 0)
			continue;
		has_drafts |= strcmp(questions[i].name, "drafts") == 0;
		r = gv_working_copy_add(wc, questions[i].name, &answers[i]);
	}
	if (r == 0 && has_drafts)
		r = bundle(wc, repo);
	for (i = 0; i < MAX_QUESTIONS; i++)
		gv_buf_release(&answers[i]);
	return r;
}

/* Whether files are in a store beside the changesets, which a clone has only
 * with this extension, and the drafts of which no bundle has. */
static bool
has_large(const struct gv_repo *repo)
{
	struct gv_buf requires = GV_BUF_INIT;
	bool has;

	(void)gv_working_copy_read(&requires, repo, "requires");
	(void)gv_working_copy_read(&requires, repo, "store/requires");
	has = needs(&requires, "largefiles\n") || needs(&requires, "lfs\n");
	gv_buf_release(&requires);
	return has;
}

int
gv_working_copy_base_hg(struct gv_base *base, const struct gv_repo *repo)
{
	struct gv_buf answers[2] = { GV_BUF_INIT, GV_BUF_INIT };
	struct gv_buf hgrc = GV_BUF_INIT, source = GV_BUF_INIT;
	const char *p, *end;
	int r = gv_working_copy_read(&hgrc, repo, "hgrc");

	if (r == 0)
		r = gv_working_copy_hgrc_source(&source, hgrc.p, hgrc.len);
	if (r == GV_ENOTFOUND) {
		r = gv_err(GV_ERROR,
		    "its hgrc names no default path to fetch it from");
		goto out;
	}
	if (has_large(repo)) {
		r = gv_err(GV_ERROR,
		    "its large files are in a store of their own, by the "
		    "extension largefiles or lfs");
		goto out;
	}
	if (r == 0)
		r = ask(answers, repo, base_questions);
	if (r == GV_ERROR && strstr(gv_err_message(), "empty revision"))
		r = 0;
	if (r < 0)
		goto out;
	if (answers[0].len != NODE) {
		r = gv_err(GV_ERROR, "no changeset of it is public");
		goto out;
	}
	base->tool = "hg";
	memcpy(base->revision, answers[0].p, NODE + 1);
	p = answers[1].p;
	end = p ? p + answers[1].len : p;
	for (; p < end; p += strlen(p) + 1)
		gv_base_add(base, p, strlen(p), NULL);
	r = gv_base_index(base);
out:
	gv_buf_release(&answers[0]);
	gv_buf_release(&answers[1]);
	gv_buf_release(&hgrc);
	gv_buf_release(&source);
	return r;
}

int
gv_working_copy_tracked_hg(struct gv_buf *out, const struct gv_repo *repo)
{
	return ask(out, repo, tracked_questions);
}
