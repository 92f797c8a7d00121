#ifndef HARM_H
#define HARM_H
/*
 * Commands that destroy work: what they change or remove is in no other place,
 * or only a safety snapshot has it. They want --yes in all projects at once
 * (-A), and in a project that only their snapshot names (project:NAME), since
 * few people think of all of these files when they type that.
 *
 *	if ((r = gv_harm_check_all(ctx)) < 0)
 *		return r;
 */

#include <stdbool.h>
#include <stddef.h>

#include "git-vault/front/opt.h"

struct gv_cmd;
struct gv_ctx;

/* The row of --yes in the table of a command that asks nothing. */
#define GV_HARM_OPT(type_, member)                                             \
	{                                                                      \
		.type = GV_OPT_BOOL, .letter = 'y', .name = "yes",             \
		.at = offsetof(type_, member),                                 \
		.help = "with -A or project:NAME: change these projects"       \
	}

/* Refuse it under -A. 0; GV_EREFUSED with the command to type; GV_ENOMEM. */
int gv_harm_check_all(const struct gv_ctx *ctx);

/* Refuse it in the project ctx->project, whose folder we are in by now, unless
 * the folder `from`, where it was typed, is in it, too. As above. */
int gv_harm_check_place(const struct gv_ctx *ctx, const char *from);

#endif
