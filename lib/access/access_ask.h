#ifndef GV_ACCESS_ASK_H
#define GV_ACCESS_ASK_H
/*
 * Commands of the policy that a server asks: access.identity who pushes, and
 * access.authorize whether a push may go that the rules let. They run with the
 * shell, get JSON on standard input, and have 10 seconds. Only those run that
 * somebody has accepted on this server (git vault policy accept), or that
 * stand in the server's own policy (vault.receive.policy).
 *
 *	r = gv_access_ask_load(&ask, repo, &server);
 *	r = gv_access_ask_identity(&name, &ask, &policy, ref);
 *	r = gv_access_ask_authorize(&why, &ask, &policy, json.p, json.len);
 *	gv_access_ask_release(&ask);
 */

#include <stddef.h>

#include "config/policy.h"

struct gv_buf;
struct gv_repo;

#define GV_ACCESS_ASK_MS 10000

struct gv_access_ask {
	struct gv_policy accepted;
	const char *identity, *authorize; /* NULL: nothing runs */
};

/* Find what may run; `server` (NULL: none) is its own policy, which outlives
 * *out. 0; GV_ENOMEM. Release *out in any case. */
int gv_access_ask_load(struct gv_access_ask *out, struct gv_repo *repo,
    const struct gv_policy *server);

/* Ask who pushes: the first line that it prints, the name of an account. 1 with
 * *name, which is "" where it knows nobody; 0 where nothing is to be asked;
 * GV_EREFUSED where `policy` names a command that nobody has accepted, or it
 * failed; GV_ENOMEM. */
int gv_access_ask_identity(struct gv_buf *name, const struct gv_access_ask *ask,
    const struct gv_policy *policy, const char *account);

/* Ask whether a verdict may go: it prints {"allowed": true}. 1; 0 where nothing
 * is to be asked; GV_EREFUSED with why not, also where it gives no such
 * answer; GV_ENOMEM. */
int gv_access_ask_authorize(const struct gv_access_ask *ask,
    const struct gv_policy *policy, const char *verdict, size_t len);

void gv_access_ask_release(struct gv_access_ask *ask);

#endif
