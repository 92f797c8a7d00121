#ifndef GV_CMD_H
#define GV_CMD_H
/*
 * A subcommand: one constant in its own file, cmd_NAME.c, listed in main.c's
 * table. The frame parses the options, opens the repository and only then
 * runs it, so `-h` works anywhere and a command is: look at the options, call
 * one capability, print.
 *
 *	struct list_opts {
 *		struct gv_opt_list tags;
 *		int64_t limit;
 *	};
 *
 *	static const struct gv_opt opts[] = {
 *		{ .type = GV_OPT_LIST, .name = "tag", .arg = "TAG",
 *		    .at = offsetof(struct list_opts, tags),
 *		    .help = "only snapshots that carry this tag" },
 *		{ .type = GV_OPT_INT, .letter = 'n', .name = "limit",
 *		    .arg = "N", .at = offsetof(struct list_opts, limit),
 *		    .help = "at most N" },
 *		GV_OPT_LAST
 *	};
 *
 *	static int
 *	run(struct gv_ctx *ctx, int argc, char **argv)
 *	{
 *		const struct list_opts *o = ctx->opts;
 *		...
 *		return 0;
 *	}
 *
 *	const struct gv_cmd cmd_list = {
 *		.name = "list",
 *		.summary = "list the snapshots",
 *		.usage = "[--tag TAG]... [-n N]",
 *		.group = GV_CMD_LOOK,
 *		.flags = GV_CMD_REPO | GV_CMD_PAGER,
 *		.opts = opts,
 *		.opts_size = sizeof(struct list_opts),
 *		.run = run,
 *	};
 *
 * Man page man/git-vault-NAME.1 and a script t/tNNNN-NAME*.sh belong to it;
 * t0002 compares the page's SYNOPSIS with the usage and its options with the
 * table.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "git-vault/front/opt.h"

struct gv_json;
struct gv_out;
struct gv_progress;
struct gv_repo;
struct gv_run_note;
struct gv_cmd;
struct gv_project_all_words;

/* What a command needs and how it prints. */
enum gv_cmd_flags {
	GV_CMD_REPO = 1 << 0,     /* opens the repository: ctx->repo is set */
	GV_CMD_WORKTREE = 1 << 1, /* the same, and refuses a bare one */
	GV_CMD_PAGER = 1 << 2,    /* text on a terminal goes through a pager */
	GV_CMD_NO_JSON = 1 << 3,  /* has no JSON form: --json is refused */
	GV_CMD_REPO_IF = 1 << 4,  /* the same where there is one, else without
				   */
	GV_CMD_AMID = 1 << 5,     /* may run in the midst of a command of git:
				     a restore or rollback that was
				     interrupted waits */
	GV_CMD_LINE = 1 << 7,     /* the snapshot may be one of a project that
				     this one was rewritten from */
	GV_CMD_FORMAT = 1 << 6,   /* --format json is the document of --json */
};

/* The heading of `git vault help` that a command stands under: what a person
 * wants to do. */
enum gv_cmd_group {
	GV_CMD_SAVE,   /* save */
	GV_CMD_LOOK,   /* look */
	GV_CMD_BACK,   /* get it back */
	GV_CMD_SECRET, /* secrets and access */
	GV_CMD_DEPLOY, /* states and deployments */
	GV_CMD_SHARE,  /* share */
	GV_CMD_CARE,   /* check and clean up */
	GV_CMD_ABOUT,  /* about git vault: no task */
	GV_CMD_GROUPS
};

#define GV_CMD_ARGS 4

/* What a command runs in. Everything is borrowed; the frame frees it. */
struct gv_ctx {
	const struct gv_cmd *cmd;
	const struct gv_cmd *const *all; /* the table, NULL behind the last */
	struct gv_repo *repo;            /* open where flagged, else NULL */
	const void *opts;                /* the command's own struct, parsed */
	const struct gv_opt_list *dirs;  /* of -C, never NULL */
	const char *project;             /* of --project, or NULL */
	int dashes; /* how many arguments stood before "--"; -1: no "--" */
	const char *const *args; /* the arguments, NULL behind them */
	bool is_before; /* at work in a project that the one at hand was
			   rewritten from, where nothing is to be changed */
	bool is_alone;  /* --alone: without the projects before this one */
	/* the command's words as they were given, and what was before them */
	const struct gv_project_all_words *words;
	bool is_hook;  /* this command runs as a hook: `hooks run` sets it */
	int verbosity; /* -1 with -q, 0, 1 with -v, 2 with -v -v */
	int64_t now;   /* seconds since 1970, read once */
	struct gv_out *out;           /* text and messages, never NULL */
	struct gv_json *json;         /* with --json the document, else NULL */
	struct gv_progress *progress; /* never NULL; silent where not wanted */
	struct gv_run_note *note;     /* what runs, for others to see; or NULL
				       */
};

struct gv_cmd {
	const char *name;
	const char *summary; /* lower case, no full stop */
	const char *usage;   /* what stands behind `git vault NAME`, arguments
				in capitals; one line each for several forms;
				"" for none */
	enum gv_cmd_group group;
	unsigned flags;
	const struct gv_opt *opts; /* ends with GV_OPT_LAST; NULL for none */
	size_t opts_size;          /* of the struct that they fill */
	const void *defaults;      /* that struct's first content, or NULL for
				      all zero */
	const char *verb;          /* the verb that is run if none is given;
				      NULL: a verb must be given */
	const char *amid;          /* a verb for which GV_CMD_AMID holds, or
				      NULL */
	const char *runs;          /* a verb that `schedule list` shows while it
				      is at work, "" for any; or NULL */
	int min_args, max_args;    /* arguments it takes; max -1: any number */
	enum gv_opt_kind args[GV_CMD_ARGS]; /* what they are, for completion;
					       the last of max_args -1 repeats
					     */
	/* The work. argv holds the arguments alone (argc of them, NULL behind
	 * them): no command name, no options, no "--". Returns 0, 1 (the
	 * answer is no) or 3 (done in part) to exit with, or a negative
	 * enum gv_err whose message the frame prints once and turns into the
	 * exit status; GV_EUSAGE also names the command that prints the
	 * usage. */
	int (*run)(struct gv_ctx *ctx, int argc, char **argv);
};

/* The command of that name, or NULL. */
const struct gv_cmd *
gv_cmd_find(const struct gv_cmd *const *all, const char *name);

/* Append the usage, each form on a line: "usage: git vault NAME …" and then
 * "   or: …"; with `cmd` NULL that of the program. */
void gv_cmd_usage(struct gv_buf *out, const struct gv_cmd *cmd);

/* The i-th verb of a command whose first argument is one, in the order of its
 * usage, where a line begins with each; *len bytes, or NULL behind the last. */
const char *gv_cmd_verb(const struct gv_cmd *cmd, size_t i, size_t *len);

/* Whether a word of ctx->words is an argument: no command, no option and no
 * value of one. */
bool gv_cmd_is_argument(const struct gv_ctx *ctx, const char *word);

/* Append "git vault [-C DIR]... [--project NAME]" as this run was started: the
 * beginning of a command that a message offers to paste. */
void gv_cmd_paste(struct gv_buf *out, const struct gv_ctx *ctx);

/* The same with all of this run's options that are words, texts or lists,
 * --yes, and these arguments (NULL behind the last): what a person pastes does
 * the same, and is not asked. 0 or GV_ENOMEM. */
int gv_cmd_again(
    struct gv_buf *out, const struct gv_ctx *ctx, const char *const *args);

/* The heading of a group. */
const char *gv_cmd_group_title(enum gv_cmd_group group);

/* The options that every command takes; the first GV_CMD_FRONT of them stand
 * before the command only. */
#define GV_CMD_FRONT 5
extern const struct gv_opt gv_cmd_globals[];

/* Have the user asked what the library wants to know of ctx->repo, for a
 * command that has opened the repository itself. */
void gv_cmd_answer(struct gv_ctx *ctx);

/* All of a run: options, repository, command, messages; the exit status.
 * `all` ends with NULL; argv is main's. */
/* Have the user asked what the library wants to know of ctx->repo, for a
 * command that has opened the repository itself. */
void gv_cmd_answer(struct gv_ctx *ctx);

int gv_cmd_main(const struct gv_cmd *const *all, int argc, char **argv);

#endif
