#ifndef GV_STORE_AWS_H
#define GV_STORE_AWS_H
/*
 * Credentials for Amazon's services from where Amazon's own tools have them, in
 * this order: the environment; a web identity; the files of profiles; the
 * service of a container; that of a machine. Nothing of them gets into a
 * message.
 *
 *	r = gv_store_aws_find(&key, &opts);
 *	gv_store_aws_release(&key);
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "crypto/secret.h"

struct gv_http_reply;
struct gv_store_opts;

/* Each with a NUL behind it, which counts. */
struct gv_store_aws {
	struct gv_secret id, secret;
	struct gv_secret token; /* of a session; empty: none */
	int64_t expires;        /* 0: never, or not known */
};

#define GV_STORE_AWS_INIT                                                      \
	{                                                                      \
		GV_SECRET_INIT, GV_SECRET_INIT, GV_SECRET_INIT, 0              \
	}

/* What profiles say besides credentials. */
struct gv_store_aws_profile {
	struct gv_buf region, endpoint, ca;
	struct gv_buf role, token_file, session; /* of a web identity */
	struct gv_buf process;                   /* prints credentials */
};

/* Find credentials. 0; GV_ENOKEY with where they were looked for; GV_EREFUSED;
 * GV_ERROR; GV_ENOMEM. What was in *key is replaced. */
int
gv_store_aws_find(struct gv_store_aws *key, const struct gv_store_opts *opts);

/* Wipe and free; zeroed ok. */
void gv_store_aws_release(struct gv_store_aws *key);

/* What the environment and the profile say of region, endpoint and
 * certificates. 0, also where there are no such files; as above. */
int gv_store_aws_profile_load(struct gv_store_aws_profile *out,
    struct gv_store_aws *key, const struct gv_store_opts *opts);
void gv_store_aws_profile_release(struct gv_store_aws_profile *profile);

/* Read a profile out of a file's text: `is_config` where sections are named
 * "profile NAME". 1 where it is there, else 0; GV_ENOMEM, GV_ERROR. Pure. */
int gv_store_aws_profile_read(struct gv_store_aws_profile *out,
    struct gv_store_aws *key, const void *text, size_t len, const char *name,
    bool is_config);

/* Read what a machine, a container or a program tells as JSON; it is changed.
 * 0; GV_ENOKEY without a message. Pure. */
int gv_store_aws_json(struct gv_store_aws *key, struct gv_secret *text);

/* Read the answer of AssumeRoleWithWebIdentity. As above. Pure. */
int
gv_store_aws_role_xml(struct gv_store_aws *key, const void *xml, size_t len);

/* ---- store_aws_role.c, store_aws_machine.c: the parts of _find ---- */

/* 0; GV_ENOTFOUND where there is no such thing here; as gv_store_aws_find(). */
int gv_store_aws_role(struct gv_store_aws *key,
    const struct gv_store_aws_profile *profile,
    const struct gv_store_opts *opts);
int gv_store_aws_container(struct gv_store_aws *key);
int gv_store_aws_machine(struct gv_store_aws *key);

#endif
