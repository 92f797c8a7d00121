#ifndef REASON_OPT_H
#define REASON_OPT_H
/*
 * The lines of option tables by which a command says why, and goes on without
 * what others have to agree to. `values` is the struct of the command's
 * options.
 */

#include <stddef.h>

#include "git-vault/front/opt.h"

/* --reason TEXT: a const char *. */
#define GV_REASON_OPT(values, member)                                          \
	{                                                                      \
		.type = GV_OPT_STRING, .name = "reason", .is_kept = true,      \
		.arg = "TEXT", .at = offsetof(values, member),                 \
		.help = "why, for the audit chain"                             \
	}

/* --without-approval: a bool. */
#define GV_UNAPPROVED_OPT(values, member)                                      \
	{                                                                      \
		.type = GV_OPT_BOOL, .name = "without-approval",               \
		.at = offsetof(values, member),                                \
		.help = "proceed without the required approvals; needs "       \
			"--reason"                                             \
	}

#endif
