#ifndef GV_ARTIFACT_INTERNAL_H
#define GV_ARTIFACT_INTERNAL_H
/*
 * What artifact.c, which writes lines of notes, and artifact_find.c, which
 *reads them, share:
 *
 *	{"artifact":"app","digest":"sha256:64 digits","env":"prod",
 *	 "kind":"artifact","snapshot":"ID","states":[{"stack":"net",
 *	 "version":"40 digits"}],"time":"2026-11-21T09:30:00Z"}
 *
 * env and snapshot may be null. Include it nowhere else.
 */

#include <stdbool.h>

#include "vault/artifact.h"

#define GV_ARTIFACT_SHA256 "sha256:"
#define GV_ARTIFACT_KIND   "\"kind\":\"artifact\""

/* Whether it is 64 digits. */
bool gv_artifact_is_sha256(const char *text);

#endif
