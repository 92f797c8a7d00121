#ifndef GV_ARTIFACT_INTERNAL_H
#define GV_ARTIFACT_INTERNAL_H
/*
 * What artifact.c, which writes lines of notes, and artifact_find.c, which
 * reads them, share:
 *
 *	{"artifact":"app","digest":"sha256:64 digits","env":"prod",
 *	 "kind":"artifact","snapshot":"ID","states":[{"stack":"net",
 *	 "version":"40 digits"}],"time":"2026-11-21T09:30:00Z"}
 *
 * env and snapshot may be null. Of what a file says there are "from", its path,
 * and "purl" and "version", which may be null. Include it nowhere else.
 */

#include "good/artifact.h"

#define GV_ARTIFACT_KIND "\"kind\":\"artifact\""

#endif
