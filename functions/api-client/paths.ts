// Written by `npm run openapi`.
export interface paths {
    "/projects/{projectId}/versions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The versions of a project, newest first */
        get: operations["listVersions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/projects/{projectId}/versions/{versionId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One version with all that is known of it */
        get: operations["getVersion"];
        put?: never;
        post?: never;
        /**
         * Hide a version from the history
         * @description It can be restored. The published one cannot be deleted. Deleting it again is a success.
         */
        delete: operations["deleteVersion"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/projects/{projectId}/publication": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What visitors of a project see */
        get: operations["getPublication"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/projects/{projectId}/publications": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What has been published and unpublished, by whom and why, newest first */
        get: operations["listPublications"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/projects/{projectId}/versions/{versionId}/metadata": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Write what a version is called and what kind of change it is
         * @description At least one of the three. Nothing generated overwrites it afterwards. The number stays.
         */
        patch: operations["editMetadata"];
        trace?: never;
    };
    "/projects/{projectId}/versions/{versionId}/publish": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Publish a version instead of the one that is
         * @description Publishing what is published already is a success and changes nothing.
         */
        post: operations["publishVersion"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/projects/{projectId}/unpublish": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take the published version off
         * @description It is named, so that a request that comes late takes off no other one.
         */
        post: operations["unpublishProject"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/projects/{projectId}/versions/{versionId}/rollback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make a new version of an old one’s artifact
         * @description Its type is `rollback` and its parent the old one. Publishing it is a step of its own.
         */
        post: operations["rollBack"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/projects/{projectId}/versions/{versionId}/restore": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Show a deleted version again
         * @description One that is not deleted stays as it is.
         */
        post: operations["restoreVersion"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/pipeline/projects/{projectId}/versions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A build starts
         * @description The version is visible from now on. Repeating the same report is harmless: 201 the first time, 200 after. A project belongs to the user of its first version.
         */
        post: operations["startBuild"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/pipeline/projects/{projectId}/versions/{versionId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * A build has ended
         * @description Deployed or failed. `deployed` asks for the version’s metadata. Repeating the same report is harmless; a different one is a 409.
         */
        patch: operations["endBuild"];
        trace?: never;
    };
    "/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** This document */
        get: operations["getDescription"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/docs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A page that shows this document */
        get: operations["getReference"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description A page of a project’s history, newest first. */
        VersionPage: {
            versions: components["schemas"]["Version"][];
            /** @description How many there are; null on pages after a cursor. */
            total: number | null;
            nextCursor: string | null;
        };
        /** @description A version of a project. What is not known is null. */
        Version: {
            /** @description A ULID; builds older than the system may have other ids. */
            id: string;
            semver: string | null;
            name: string | null;
            description: string | null;
            /** @description The kind of change. A patch is a checkpoint: lists leave it out unless asked. */
            type: ("major" | "minor" | "patch" | "rollback") | null;
            /** @enum {string} */
            status: "building" | "deployed" | "failed";
            /**
             * Format: date-time
             * @description When its build started.
             */
            createdAt: string;
            deployedAt: string | null;
            /** @description Whether visitors see it. At most one version of a project is. */
            isPublished: boolean;
            publishedAt: string | null;
            publishedBy: string | null;
            userComment: string | null;
            previewUrl: string | null;
            /** @description Whether it can be previewed. */
            canPreview: boolean;
            /** @description Whether it can be published. */
            canPublish: boolean;
            /** @description Whether it can be unpublished. */
            canUnpublish: boolean;
            /** @description Whether the project can be rolled back to it. */
            canRollback: boolean;
            /** @description Whether it can be deleted. */
            canDelete: boolean;
            /** @description Why not, for each of the five that cannot be done. */
            reasons: {
                /** @enum {string} */
                preview?: "deleted" | "not_deployed" | "artifact_missing";
                /** @enum {string} */
                publish?: "deleted" | "not_deployed" | "artifact_missing" | "already_published";
                /** @constant */
                unpublish?: "not_published";
                /** @enum {string} */
                rollback?: "deleted" | "not_deployed" | "artifact_missing" | "already_published";
                /** @enum {string} */
                delete?: "deleted" | "published";
            };
            /**
             * @description `none`: never asked for. `pending`: on its way. `failed`: see metadataError.
             * @enum {string}
             */
            metadataStatus: "none" | "pending" | "ready" | "failed";
            metadataError: string | null;
            breakingRisk: string | null;
            autoClassified: boolean | null;
            /** @description How sure the classification is, 0 to 1. */
            confidence: number | null;
            parentId: string | null;
            deletedAt: string | null;
            /** @description What is not known is null, not 0. */
            stats: {
                filesChanged: number | null;
                linesAdded: number | null;
                linesRemoved: number | null;
            };
        };
        /** @description An error of the API: a problem document (RFC 9457). */
        Problem: {
            /** @constant */
            type: "about:blank";
            status: number;
            title: string;
            detail: string;
            /** @description Of a 409 and some others: a stable code for machines. */
            reason?: string;
            /** @description Of a 400: each wrong field. */
            errors?: {
                field: string;
                /** @description What is allowed there. */
                message: string;
            }[];
            /** @description Of the reason `published_elsewhere`: the version that is published. */
            publishedVersionId?: string | null;
        };
        /** @description An error of API Gateway, before or instead of the API’s own answer. */
        GatewayMessage: {
            message: string;
        };
        /** @description A version with all that is known of it. */
        VersionDetails: {
            /** @description A ULID; builds older than the system may have other ids. */
            id: string;
            semver: string | null;
            name: string | null;
            description: string | null;
            /** @description The kind of change. A patch is a checkpoint: lists leave it out unless asked. */
            type: ("major" | "minor" | "patch" | "rollback") | null;
            /** @enum {string} */
            status: "building" | "deployed" | "failed";
            /**
             * Format: date-time
             * @description When its build started.
             */
            createdAt: string;
            deployedAt: string | null;
            /** @description Whether visitors see it. At most one version of a project is. */
            isPublished: boolean;
            publishedAt: string | null;
            publishedBy: string | null;
            userComment: string | null;
            previewUrl: string | null;
            /** @description Whether it can be previewed. */
            canPreview: boolean;
            /** @description Whether it can be published. */
            canPublish: boolean;
            /** @description Whether it can be unpublished. */
            canUnpublish: boolean;
            /** @description Whether the project can be rolled back to it. */
            canRollback: boolean;
            /** @description Whether it can be deleted. */
            canDelete: boolean;
            /** @description Why not, for each of the five that cannot be done. */
            reasons: {
                /** @enum {string} */
                preview?: "deleted" | "not_deployed" | "artifact_missing";
                /** @enum {string} */
                publish?: "deleted" | "not_deployed" | "artifact_missing" | "already_published";
                /** @constant */
                unpublish?: "not_published";
                /** @enum {string} */
                rollback?: "deleted" | "not_deployed" | "artifact_missing" | "already_published";
                /** @enum {string} */
                delete?: "deleted" | "published";
            };
            /**
             * @description `none`: never asked for. `pending`: on its way. `failed`: see metadataError.
             * @enum {string}
             */
            metadataStatus: "none" | "pending" | "ready" | "failed";
            metadataError: string | null;
            breakingRisk: string | null;
            autoClassified: boolean | null;
            /** @description How sure the classification is, 0 to 1. */
            confidence: number | null;
            parentId: string | null;
            deletedAt: string | null;
            /** @description What is not known is null, not 0. */
            stats: {
                filesChanged: number | null;
                linesAdded: number | null;
                linesRemoved: number | null;
            };
            /** @description The project it is a version of. */
            projectId: string;
            fullDescription: string | null;
            reasoning: string | null;
            /** @description Where the metadata came from: the finished document of the build, a model, or rules. */
            metadataGenerator: ("document" | "model" | "rules") | null;
            /** @description Deliveries that worked on the metadata. */
            metadataAttempts: number;
            /** @description How long generating it took, in milliseconds. */
            metadataMs: number | null;
            /** @description How long the parts of the build took, in milliseconds, as the pipeline reported them. */
            durations: {
                installMs: number | null;
                buildMs: number | null;
                deployMs: number | null;
            };
            /** @description What to build next, as the finished document of the model says. The prompts in it are for the project’s owner: a caller signed with IAM gets it without them. */
            recommendations: {
                [key: string]: unknown;
            } | null;
        };
        /** @description What visitors of a project see: a version, or nothing. */
        Publication: {
            version: components["schemas"]["Version"] | null;
            publishedAt: string | null;
            publishedBy: string | null;
            comment: string | null;
            rolledBackFrom: string | null;
        };
        /** @description A page of a project’s publication log, newest first. */
        PublicationPage: {
            publications: components["schemas"]["PublicationEntry"][];
            nextCursor: string | null;
        };
        /** @description One thing published or unpublished. */
        PublicationEntry: {
            id: number;
            /** @enum {string} */
            action: "published" | "unpublished";
            /** @description The version. */
            versionId: string;
            previousVersionId: string | null;
            /** @description The user who did it. */
            by: string;
            comment: string | null;
            /**
             * Format: date-time
             * @description When.
             */
            at: string;
        };
    };
    responses: {
        /** @description The request is wrong and nothing was changed: `errors` names each field and what is allowed there. */
        BadRequest: {
            headers: {
                /** @description What the work of this request is known by; an error of the gateway has none. */
                "x-correlation-id"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
                "application/json": components["schemas"]["GatewayMessage"];
            };
        };
        /** @description No token, or one that is not valid. */
        Unauthorized: {
            headers: {
                "www-authenticate": string;
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["GatewayMessage"];
            };
        };
        /** @description Not signed, or the caller may not call this route. */
        Forbidden: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["GatewayMessage"];
            };
        };
        /** @description There is no such thing, or it is somebody else’s: both look the same. */
        NotFound: {
            headers: {
                /** @description What the work of this request is known by; an error of the gateway has none. */
                "x-correlation-id"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
                "application/json": components["schemas"]["GatewayMessage"];
            };
        };
        /** @description More requests than the API is configured for. */
        TooMany: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["GatewayMessage"];
            };
        };
        /** @description It failed on our side and was logged. */
        Failed: {
            headers: {
                /** @description What the work of this request is known by; an error of the gateway has none. */
                "x-correlation-id"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
                "application/json": components["schemas"]["GatewayMessage"];
            };
        };
        /** @description It cannot be answered now. The same request may be sent again: every write can be repeated. */
        Unavailable: {
            headers: {
                /** @description What the work of this request is known by; an error of the gateway has none. */
                "x-correlation-id"?: string;
                /** @description Seconds after which the same request may be sent again; not with an error of the gateway. */
                "retry-after"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
                "application/json": components["schemas"]["GatewayMessage"];
            };
        };
        /** @description The request disagrees with what is recorded; `reason` says how. */
        Conflict: {
            headers: {
                /** @description What the work of this request is known by; an error of the gateway has none. */
                "x-correlation-id"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The body has more than 256 KiB. */
        TooLarge: {
            headers: {
                /** @description What the work of this request is known by; an error of the gateway has none. */
                "x-correlation-id"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
                "application/json": components["schemas"]["GatewayMessage"];
            };
        };
        /** @description The body is not sent as application/json. */
        NotJson: {
            headers: {
                /** @description What the work of this request is known by; an error of the gateway has none. */
                "x-correlation-id"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The Idempotency-Key was used with another body. */
        KeyReused: {
            headers: {
                /** @description What the work of this request is known by; an error of the gateway has none. */
                "x-correlation-id"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
    };
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    listVersions: {
        parameters: {
            query?: {
                /**
                 * @description How many at most.
                 * @example 1
                 */
                limit?: number;
                /** @description How many to skip; not together with `cursor`. */
                offset?: number;
                /** @description `nextCursor` of the page before, as it came, with the same filters. */
                cursor?: string;
                /** @description Whether patches are listed too. */
                includeCheckpoints?: boolean;
                /** @description Which by publication. */
                state?: "all" | "published" | "unpublished";
                /** @description Whether deleted versions are listed too. */
                showDeleted?: boolean;
                /** @description Only this kind of change. */
                type?: "major" | "minor" | "patch" | "rollback";
                /** @description Only with this status. */
                status?: "building" | "deployed" | "failed";
                /** @description Only created then or later. No finer than milliseconds, 1970 to 2200. */
                since?: string;
                /** @description Only created before then. */
                until?: string;
                /** @description Only with this text in the name or the description. A page may then hold fewer than `limit`, and even none, while `nextCursor` goes on: it looks at 2,000 versions at a time. */
                q?: string;
                /** @description Of a caller signed with IAM, who must give it: whose project it is. A token says so itself, and with one it is a 400. */
                userId?: string;
            };
            header?: {
                /** @description The ETag of an answer you have. */
                "if-none-match"?: string;
                /** @description An id of yours for this request, 1 to 128 of A-Z a-z 0-9 . _ - + =. It is in the log lines, messages and statements of its work. Another one fails nothing: the header of the answer says which id was taken. */
                "x-correlation-id"?: string;
            };
            path: {
                /** @example shop */
                projectId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    /** @description `<...>; rel="next"`: the address of the next page, when there is one. */
                    link?: string;
                    /** @description Of this answer: send it back as If-None-Match. */
                    etag: string;
                    /** @description What the work of this request is known by: your own id, or the one it was given. */
                    "x-correlation-id": string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "versions": [
                     *         {
                     *           "id": "01JNGC2E5RXW7M3T9Z0QKB4VHD",
                     *           "semver": "1.0.0",
                     *           "name": "Add search",
                     *           "description": "Add search",
                     *           "type": "major",
                     *           "status": "deployed",
                     *           "createdAt": "2025-03-04T09:30:00.000Z",
                     *           "deployedAt": "2025-03-04T09:31:12.000Z",
                     *           "isPublished": false,
                     *           "publishedAt": null,
                     *           "publishedBy": null,
                     *           "userComment": null,
                     *           "previewUrl": "https://shop-1.example.com",
                     *           "canPreview": true,
                     *           "canPublish": true,
                     *           "canUnpublish": false,
                     *           "canRollback": true,
                     *           "canDelete": true,
                     *           "reasons": {
                     *             "unpublish": "not_published"
                     *           },
                     *           "metadataStatus": "ready",
                     *           "metadataError": null,
                     *           "breakingRisk": "none",
                     *           "autoClassified": true,
                     *           "confidence": 0.8,
                     *           "parentId": null,
                     *           "deletedAt": null,
                     *           "stats": {
                     *             "filesChanged": 3,
                     *             "linesAdded": 120,
                     *             "linesRemoved": 4
                     *           }
                     *         }
                     *       ],
                     *       "total": 1,
                     *       "nextCursor": null
                     *     }
                     */
                    "application/json": components["schemas"]["VersionPage"];
                };
            };
            /** @description It is as If-None-Match says. */
            304: {
                headers: {
                    /** @description Of this answer: send it back as If-None-Match. */
                    etag: string;
                    /** @description What the work of this request is known by: your own id, or the one it was given. */
                    "x-correlation-id": string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
        };
    };
    getVersion: {
        parameters: {
            query?: {
                /** @description Of a caller signed with IAM, who must give it: whose project it is. A token says so itself, and with one it is a 400. */
                userId?: string;
            };
            header?: {
                /** @description An id of yours for this request, 1 to 128 of A-Z a-z 0-9 . _ - + =. It is in the log lines, messages and statements of its work. Another one fails nothing: the header of the answer says which id was taken. */
                "x-correlation-id"?: string;
            };
            path: {
                /** @example shop */
                projectId: string;
                /** @example 01JNGC2E5RXW7M3T9Z0QKB4VHD */
                versionId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The version. */
            200: {
                headers: {
                    /** @description What the work of this request is known by: your own id, or the one it was given. */
                    "x-correlation-id": string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "01JNGC2E5RXW7M3T9Z0QKB4VHD",
                     *       "semver": "1.0.0",
                     *       "name": "Add search",
                     *       "description": "Add search",
                     *       "type": "major",
                     *       "status": "deployed",
                     *       "createdAt": "2025-03-04T09:30:00.000Z",
                     *       "deployedAt": "2025-03-04T09:31:12.000Z",
                     *       "isPublished": false,
                     *       "publishedAt": null,
                     *       "publishedBy": null,
                     *       "userComment": null,
                     *       "previewUrl": "https://shop-1.example.com",
                     *       "canPreview": true,
                     *       "canPublish": true,
                     *       "canUnpublish": false,
                     *       "canRollback": true,
                     *       "canDelete": true,
                     *       "reasons": {
                     *         "unpublish": "not_published"
                     *       },
                     *       "metadataStatus": "ready",
                     *       "metadataError": null,
                     *       "breakingRisk": "none",
                     *       "autoClassified": true,
                     *       "confidence": 0.8,
                     *       "parentId": null,
                     *       "deletedAt": null,
                     *       "stats": {
                     *         "filesChanged": 3,
                     *         "linesAdded": 120,
                     *         "linesRemoved": 4
                     *       },
                     *       "projectId": "shop",
                     *       "fullDescription": "Add search",
                     *       "reasoning": "The first version of a project is major. Rules: it begins with adding.",
                     *       "metadataGenerator": "rules",
                     *       "metadataAttempts": 1,
                     *       "metadataMs": 0,
                     *       "durations": {
                     *         "installMs": null,
                     *         "buildMs": null,
                     *         "deployMs": null
                     *       },
                     *       "recommendations": null
                     *     }
                     */
                    "application/json": components["schemas"]["VersionDetails"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
        };
    };
    deleteVersion: {
        parameters: {
            query?: {
                /** @description Of a caller signed with IAM, who must give it: whose project it is. A token says so itself, and with one it is a 400. */
                userId?: string;
            };
            header?: {
                /** @description An id of yours for this request, 1 to 128 of A-Z a-z 0-9 . _ - + =. It is in the log lines, messages and statements of its work. Another one fails nothing: the header of the answer says which id was taken. */
                "x-correlation-id"?: string;
            };
            path: {
                /** @example shop */
                projectId: string;
                /** @example 01JNGC2E5RXW7M3T9Z0QKB4VHD */
                versionId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is deleted. */
            200: {
                headers: {
                    /** @description What the work of this request is known by: your own id, or the one it was given. */
                    "x-correlation-id": string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "01JNGC2E5RXW7M3T9Z0QKB4VHD",
                     *       "semver": "1.0.0",
                     *       "name": "Search",
                     *       "description": "A search field on every page",
                     *       "type": "major",
                     *       "status": "deployed",
                     *       "createdAt": "2025-03-04T09:30:00.000Z",
                     *       "deployedAt": "2025-03-04T09:31:12.000Z",
                     *       "isPublished": false,
                     *       "publishedAt": "2025-03-04T10:00:00.000Z",
                     *       "publishedBy": "ada",
                     *       "userComment": "Ready for the spring sale",
                     *       "previewUrl": "https://shop-1.example.com",
                     *       "canPreview": false,
                     *       "canPublish": false,
                     *       "canUnpublish": false,
                     *       "canRollback": false,
                     *       "canDelete": false,
                     *       "reasons": {
                     *         "preview": "deleted",
                     *         "publish": "deleted",
                     *         "unpublish": "not_published",
                     *         "rollback": "deleted",
                     *         "delete": "deleted"
                     *       },
                     *       "metadataStatus": "ready",
                     *       "metadataError": null,
                     *       "breakingRisk": "none",
                     *       "autoClassified": false,
                     *       "confidence": 0.8,
                     *       "parentId": null,
                     *       "deletedAt": "2025-03-10T08:00:00.000Z",
                     *       "stats": {
                     *         "filesChanged": 3,
                     *         "linesAdded": 120,
                     *         "linesRemoved": 4
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["Version"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
        };
    };
    getPublication: {
        parameters: {
            query?: {
                /** @description Of a caller signed with IAM, who must give it: whose project it is. A token says so itself, and with one it is a 400. */
                userId?: string;
            };
            header?: {
                /** @description An id of yours for this request, 1 to 128 of A-Z a-z 0-9 . _ - + =. It is in the log lines, messages and statements of its work. Another one fails nothing: the header of the answer says which id was taken. */
                "x-correlation-id"?: string;
            };
            path: {
                /** @example shop */
                projectId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The published version, or none. */
            200: {
                headers: {
                    /** @description What the work of this request is known by: your own id, or the one it was given. */
                    "x-correlation-id": string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "version": {
                     *         "id": "01JNGC2E5RXW7M3T9Z0QKB4VHD",
                     *         "semver": "1.0.0",
                     *         "name": "Search",
                     *         "description": "A search field on every page",
                     *         "type": "major",
                     *         "status": "deployed",
                     *         "createdAt": "2025-03-04T09:30:00.000Z",
                     *         "deployedAt": "2025-03-04T09:31:12.000Z",
                     *         "isPublished": true,
                     *         "publishedAt": "2025-03-04T10:00:00.000Z",
                     *         "publishedBy": "ada",
                     *         "userComment": "Ready for the spring sale",
                     *         "previewUrl": "https://shop-1.example.com",
                     *         "canPreview": true,
                     *         "canPublish": false,
                     *         "canUnpublish": true,
                     *         "canRollback": false,
                     *         "canDelete": false,
                     *         "reasons": {
                     *           "publish": "already_published",
                     *           "rollback": "already_published",
                     *           "delete": "published"
                     *         },
                     *         "metadataStatus": "ready",
                     *         "metadataError": null,
                     *         "breakingRisk": "none",
                     *         "autoClassified": false,
                     *         "confidence": 0.8,
                     *         "parentId": null,
                     *         "deletedAt": null,
                     *         "stats": {
                     *           "filesChanged": 3,
                     *           "linesAdded": 120,
                     *           "linesRemoved": 4
                     *         }
                     *       },
                     *       "publishedAt": "2025-03-04T10:00:00.000Z",
                     *       "publishedBy": "ada",
                     *       "comment": "Ready for the spring sale",
                     *       "rolledBackFrom": null
                     *     }
                     */
                    "application/json": components["schemas"]["Publication"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
        };
    };
    listPublications: {
        parameters: {
            query?: {
                /**
                 * @description How many at most.
                 * @example 5
                 */
                limit?: number;
                /** @description `nextCursor` of the page before, as it came. */
                cursor?: string;
                /** @description Of a caller signed with IAM, who must give it: whose project it is. A token says so itself, and with one it is a 400. */
                userId?: string;
            };
            header?: {
                /** @description An id of yours for this request, 1 to 128 of A-Z a-z 0-9 . _ - + =. It is in the log lines, messages and statements of its work. Another one fails nothing: the header of the answer says which id was taken. */
                "x-correlation-id"?: string;
            };
            path: {
                /** @example shop */
                projectId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    /** @description What the work of this request is known by: your own id, or the one it was given. */
                    "x-correlation-id": string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "publications": [
                     *         {
                     *           "id": 2,
                     *           "action": "unpublished",
                     *           "versionId": "01JNGC2E5RXW7M3T9Z0QKB4VHD",
                     *           "previousVersionId": "01JNGC2E5RXW7M3T9Z0QKB4VHD",
                     *           "by": "ada",
                     *           "comment": "The sale is over",
                     *           "at": "2025-03-09T18:00:00.000Z"
                     *         },
                     *         {
                     *           "id": 1,
                     *           "action": "published",
                     *           "versionId": "01JNGC2E5RXW7M3T9Z0QKB4VHD",
                     *           "previousVersionId": null,
                     *           "by": "ada",
                     *           "comment": "Ready for the spring sale",
                     *           "at": "2025-03-04T10:00:00.000Z"
                     *         }
                     *       ],
                     *       "nextCursor": null
                     *     }
                     */
                    "application/json": components["schemas"]["PublicationPage"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
        };
    };
    editMetadata: {
        parameters: {
            query?: {
                /** @description Of a caller signed with IAM, who must give it: whose project it is. A token says so itself, and with one it is a 400. */
                userId?: string;
            };
            header?: {
                /** @description An id of yours for this request, 1 to 128 of A-Z a-z 0-9 . _ - + =. It is in the log lines, messages and statements of its work. Another one fails nothing: the header of the answer says which id was taken. */
                "x-correlation-id"?: string;
            };
            path: {
                /** @example shop */
                projectId: string;
                /** @example 01JNGC2E5RXW7M3T9Z0QKB4VHD */
                versionId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Search",
                 *       "description": "A search field on every page"
                 *     }
                 */
                "application/json": {
                    /** @description A short name. */
                    name?: string;
                    /** @description What changed. */
                    description?: string;
                    /**
                     * @description The kind of change.
                     * @enum {string}
                     */
                    type?: "major" | "minor" | "patch";
                };
            };
        };
        responses: {
            /** @description It is written. */
            200: {
                headers: {
                    /** @description What the work of this request is known by: your own id, or the one it was given. */
                    "x-correlation-id": string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "01JNGC2E5RXW7M3T9Z0QKB4VHD",
                     *       "semver": "1.0.0",
                     *       "name": "Search",
                     *       "description": "A search field on every page",
                     *       "type": "major",
                     *       "status": "deployed",
                     *       "createdAt": "2025-03-04T09:30:00.000Z",
                     *       "deployedAt": "2025-03-04T09:31:12.000Z",
                     *       "isPublished": false,
                     *       "publishedAt": null,
                     *       "publishedBy": null,
                     *       "userComment": null,
                     *       "previewUrl": "https://shop-1.example.com",
                     *       "canPreview": true,
                     *       "canPublish": true,
                     *       "canUnpublish": false,
                     *       "canRollback": true,
                     *       "canDelete": true,
                     *       "reasons": {
                     *         "unpublish": "not_published"
                     *       },
                     *       "metadataStatus": "ready",
                     *       "metadataError": null,
                     *       "breakingRisk": "none",
                     *       "autoClassified": false,
                     *       "confidence": 0.8,
                     *       "parentId": null,
                     *       "deletedAt": null,
                     *       "stats": {
                     *         "filesChanged": 3,
                     *         "linesAdded": 120,
                     *         "linesRemoved": 4
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["Version"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["NotJson"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
        };
    };
    publishVersion: {
        parameters: {
            query?: {
                /** @description Of a caller signed with IAM, who must give it: whose project it is. A token says so itself, and with one it is a 400. */
                userId?: string;
            };
            header?: {
                /** @description Of your choice. A request sent again with it within 24 hours is answered as the first one was and changes nothing. */
                "idempotency-key"?: string;
                /** @description An id of yours for this request, 1 to 128 of A-Z a-z 0-9 . _ - + =. It is in the log lines, messages and statements of its work. Another one fails nothing: the header of the answer says which id was taken. */
                "x-correlation-id"?: string;
            };
            path: {
                /** @example shop */
                projectId: string;
                /** @example 01JNGC2E5RXW7M3T9Z0QKB4VHD */
                versionId: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "comment": "Ready for the spring sale",
                 *       "expectedPublishedVersionId": null
                 *     }
                 */
                "application/json": {
                    /** @description Why; shown beside the version. */
                    comment?: string;
                    /** @description The version you take for published, null for none. When another one is, nothing is changed: a 409 with the reason `published_elsewhere`. */
                    expectedPublishedVersionId?: string | null;
                };
            };
        };
        responses: {
            /** @description It is published. */
            200: {
                headers: {
                    /** @description An earlier request with the same key was answered so. */
                    "idempotency-replayed"?: "true";
                    /** @description What the work of this request is known by: your own id, or the one it was given. */
                    "x-correlation-id": string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "01JNGC2E5RXW7M3T9Z0QKB4VHD",
                     *       "semver": "1.0.0",
                     *       "name": "Search",
                     *       "description": "A search field on every page",
                     *       "type": "major",
                     *       "status": "deployed",
                     *       "createdAt": "2025-03-04T09:30:00.000Z",
                     *       "deployedAt": "2025-03-04T09:31:12.000Z",
                     *       "isPublished": true,
                     *       "publishedAt": "2025-03-04T10:00:00.000Z",
                     *       "publishedBy": "ada",
                     *       "userComment": "Ready for the spring sale",
                     *       "previewUrl": "https://shop-1.example.com",
                     *       "canPreview": true,
                     *       "canPublish": false,
                     *       "canUnpublish": true,
                     *       "canRollback": false,
                     *       "canDelete": false,
                     *       "reasons": {
                     *         "publish": "already_published",
                     *         "rollback": "already_published",
                     *         "delete": "published"
                     *       },
                     *       "metadataStatus": "ready",
                     *       "metadataError": null,
                     *       "breakingRisk": "none",
                     *       "autoClassified": false,
                     *       "confidence": 0.8,
                     *       "parentId": null,
                     *       "deletedAt": null,
                     *       "stats": {
                     *         "filesChanged": 3,
                     *         "linesAdded": 120,
                     *         "linesRemoved": 4
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["Version"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["NotJson"];
            422: components["responses"]["KeyReused"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
        };
    };
    unpublishProject: {
        parameters: {
            query?: {
                /** @description Of a caller signed with IAM, who must give it: whose project it is. A token says so itself, and with one it is a 400. */
                userId?: string;
            };
            header?: {
                /** @description Of your choice. A request sent again with it within 24 hours is answered as the first one was and changes nothing. */
                "idempotency-key"?: string;
                /** @description An id of yours for this request, 1 to 128 of A-Z a-z 0-9 . _ - + =. It is in the log lines, messages and statements of its work. Another one fails nothing: the header of the answer says which id was taken. */
                "x-correlation-id"?: string;
            };
            path: {
                /** @example shop */
                projectId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "versionId": "01JNGC2E5RXW7M3T9Z0QKB4VHD",
                 *       "comment": "The sale is over"
                 *     }
                 */
                "application/json": {
                    /** @description The published version. */
                    versionId: string;
                    /** @description Why; shown beside the version. */
                    comment?: string;
                };
            };
        };
        responses: {
            /** @description Nothing is published. */
            200: {
                headers: {
                    /** @description An earlier request with the same key was answered so. */
                    "idempotency-replayed"?: "true";
                    /** @description What the work of this request is known by: your own id, or the one it was given. */
                    "x-correlation-id": string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "01JNGC2E5RXW7M3T9Z0QKB4VHD",
                     *       "semver": "1.0.0",
                     *       "name": "Search",
                     *       "description": "A search field on every page",
                     *       "type": "major",
                     *       "status": "deployed",
                     *       "createdAt": "2025-03-04T09:30:00.000Z",
                     *       "deployedAt": "2025-03-04T09:31:12.000Z",
                     *       "isPublished": false,
                     *       "publishedAt": "2025-03-04T10:00:00.000Z",
                     *       "publishedBy": "ada",
                     *       "userComment": "Ready for the spring sale",
                     *       "previewUrl": "https://shop-1.example.com",
                     *       "canPreview": true,
                     *       "canPublish": true,
                     *       "canUnpublish": false,
                     *       "canRollback": true,
                     *       "canDelete": true,
                     *       "reasons": {
                     *         "unpublish": "not_published"
                     *       },
                     *       "metadataStatus": "ready",
                     *       "metadataError": null,
                     *       "breakingRisk": "none",
                     *       "autoClassified": false,
                     *       "confidence": 0.8,
                     *       "parentId": null,
                     *       "deletedAt": null,
                     *       "stats": {
                     *         "filesChanged": 3,
                     *         "linesAdded": 120,
                     *         "linesRemoved": 4
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["Version"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["NotJson"];
            422: components["responses"]["KeyReused"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
        };
    };
    rollBack: {
        parameters: {
            query?: {
                /** @description Of a caller signed with IAM, who must give it: whose project it is. A token says so itself, and with one it is a 400. */
                userId?: string;
            };
            header?: {
                /** @description Of your choice. A request sent again with it within 24 hours is answered as the first one was and changes nothing. */
                "idempotency-key"?: string;
                /** @description An id of yours for this request, 1 to 128 of A-Z a-z 0-9 . _ - + =. It is in the log lines, messages and statements of its work. Another one fails nothing: the header of the answer says which id was taken. */
                "x-correlation-id"?: string;
            };
            path: {
                /** @example shop */
                projectId: string;
                /** @example 01JNGC2E5RXW7M3T9Z0QKB4VHD */
                versionId: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "comment": "Back to the first search"
                 *     }
                 */
                "application/json": {
                    /** @description Why; shown beside the version. */
                    comment?: string;
                };
            };
        };
        responses: {
            /** @description The new version. */
            201: {
                headers: {
                    /** @description An earlier request with the same key was answered so. */
                    "idempotency-replayed"?: "true";
                    /** @description What the work of this request is known by: your own id, or the one it was given. */
                    "x-correlation-id": string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "01JNXQ5T1V8G4F6P2S9D0CWYAE",
                     *       "semver": "1.0.1",
                     *       "name": "Rollback to 1.0.0",
                     *       "description": null,
                     *       "type": "rollback",
                     *       "status": "deployed",
                     *       "createdAt": "2025-03-09T18:05:00.000Z",
                     *       "deployedAt": "2025-03-09T18:05:00.000Z",
                     *       "isPublished": false,
                     *       "publishedAt": null,
                     *       "publishedBy": null,
                     *       "userComment": "Back to the first search",
                     *       "previewUrl": "https://shop-1.example.com",
                     *       "canPreview": true,
                     *       "canPublish": true,
                     *       "canUnpublish": false,
                     *       "canRollback": true,
                     *       "canDelete": true,
                     *       "reasons": {
                     *         "unpublish": "not_published"
                     *       },
                     *       "metadataStatus": "ready",
                     *       "metadataError": null,
                     *       "breakingRisk": null,
                     *       "autoClassified": null,
                     *       "confidence": null,
                     *       "parentId": "01JNGC2E5RXW7M3T9Z0QKB4VHD",
                     *       "deletedAt": null,
                     *       "stats": {
                     *         "filesChanged": null,
                     *         "linesAdded": null,
                     *         "linesRemoved": null
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["Version"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["NotJson"];
            422: components["responses"]["KeyReused"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
        };
    };
    restoreVersion: {
        parameters: {
            query?: {
                /** @description Of a caller signed with IAM, who must give it: whose project it is. A token says so itself, and with one it is a 400. */
                userId?: string;
            };
            header?: {
                /** @description Of your choice. A request sent again with it within 24 hours is answered as the first one was and changes nothing. */
                "idempotency-key"?: string;
                /** @description An id of yours for this request, 1 to 128 of A-Z a-z 0-9 . _ - + =. It is in the log lines, messages and statements of its work. Another one fails nothing: the header of the answer says which id was taken. */
                "x-correlation-id"?: string;
            };
            path: {
                /** @example shop */
                projectId: string;
                /** @example 01JNGC2E5RXW7M3T9Z0QKB4VHD */
                versionId: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /** @example {} */
                "application/json": Record<string, never>;
            };
        };
        responses: {
            /** @description It is restored. */
            200: {
                headers: {
                    /** @description An earlier request with the same key was answered so. */
                    "idempotency-replayed"?: "true";
                    /** @description What the work of this request is known by: your own id, or the one it was given. */
                    "x-correlation-id": string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "01JNGC2E5RXW7M3T9Z0QKB4VHD",
                     *       "semver": "1.0.0",
                     *       "name": "Search",
                     *       "description": "A search field on every page",
                     *       "type": "major",
                     *       "status": "deployed",
                     *       "createdAt": "2025-03-04T09:30:00.000Z",
                     *       "deployedAt": "2025-03-04T09:31:12.000Z",
                     *       "isPublished": false,
                     *       "publishedAt": "2025-03-04T10:00:00.000Z",
                     *       "publishedBy": "ada",
                     *       "userComment": "Ready for the spring sale",
                     *       "previewUrl": "https://shop-1.example.com",
                     *       "canPreview": true,
                     *       "canPublish": true,
                     *       "canUnpublish": false,
                     *       "canRollback": true,
                     *       "canDelete": true,
                     *       "reasons": {
                     *         "unpublish": "not_published"
                     *       },
                     *       "metadataStatus": "ready",
                     *       "metadataError": null,
                     *       "breakingRisk": "none",
                     *       "autoClassified": false,
                     *       "confidence": 0.8,
                     *       "parentId": null,
                     *       "deletedAt": null,
                     *       "stats": {
                     *         "filesChanged": 3,
                     *         "linesAdded": 120,
                     *         "linesRemoved": 4
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["Version"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["NotJson"];
            422: components["responses"]["KeyReused"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
        };
    };
    startBuild: {
        parameters: {
            query?: never;
            header?: {
                /** @description Of your choice. A request sent again with it within 24 hours is answered as the first one was and changes nothing. */
                "idempotency-key"?: string;
                /** @description An id of yours for this request, 1 to 128 of A-Z a-z 0-9 . _ - + =. It is in the log lines, messages and statements of its work. Another one fails nothing: the header of the answer says which id was taken. */
                "x-correlation-id"?: string;
            };
            path: {
                /** @example shop */
                projectId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "versionId": "01JNGC2E5RXW7M3T9Z0QKB4VHD",
                 *       "userId": "ada",
                 *       "prompt": "Add a search field to the shop",
                 *       "framework": "react",
                 *       "createdAt": "2025-03-04T09:30:00.000Z"
                 *     }
                 */
                "application/json": {
                    /** @description A ULID minted by the pipeline, so that a report can be repeated; minted here when left out. */
                    versionId?: string;
                    /** @description Whose project it is. */
                    userId: string;
                    /** @description What the build was asked to make. */
                    prompt: string;
                    /** @description The prompt as it went to the model. */
                    enhancedPrompt?: string;
                    /** @description Anything about the prompt, at most 64 KiB of JSON. */
                    promptMetadata?: unknown;
                    /** @description Such as `react`. */
                    framework?: string;
                    /** @description The version it was made from. */
                    parentVersionId?: string;
                    /** @description The snapshot it was made from. */
                    baseSnapshotId?: string;
                    /** @description Of the build. */
                    nodeVersion?: string;
                    /** @description Of the build. */
                    pnpmVersion?: string;
                    /** @description The session that made it. */
                    aiSessionId?: string;
                    /**
                     * Format: date-time
                     * @description For importing a history; now when left out. Not in the future.
                     */
                    createdAt?: string;
                };
            };
        };
        responses: {
            /** @description It was recorded before. */
            200: {
                headers: {
                    /** @description An earlier request with the same key was answered so. */
                    "idempotency-replayed"?: "true";
                    /** @description What the work of this request is known by: your own id, or the one it was given. */
                    "x-correlation-id": string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "01JNGC2E5RXW7M3T9Z0QKB4VHD",
                     *       "semver": null,
                     *       "name": null,
                     *       "description": null,
                     *       "type": null,
                     *       "status": "building",
                     *       "createdAt": "2025-03-04T09:30:00.000Z",
                     *       "deployedAt": null,
                     *       "isPublished": false,
                     *       "publishedAt": null,
                     *       "publishedBy": null,
                     *       "userComment": null,
                     *       "previewUrl": null,
                     *       "canPreview": false,
                     *       "canPublish": false,
                     *       "canUnpublish": false,
                     *       "canRollback": false,
                     *       "canDelete": true,
                     *       "reasons": {
                     *         "preview": "not_deployed",
                     *         "publish": "not_deployed",
                     *         "unpublish": "not_published",
                     *         "rollback": "not_deployed"
                     *       },
                     *       "metadataStatus": "pending",
                     *       "metadataError": null,
                     *       "breakingRisk": null,
                     *       "autoClassified": null,
                     *       "confidence": null,
                     *       "parentId": null,
                     *       "deletedAt": null,
                     *       "stats": {
                     *         "filesChanged": null,
                     *         "linesAdded": null,
                     *         "linesRemoved": null
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["Version"];
                };
            };
            /** @description It is recorded. */
            201: {
                headers: {
                    /** @description An earlier request with the same key was answered so. */
                    "idempotency-replayed"?: "true";
                    /** @description What the work of this request is known by: your own id, or the one it was given. */
                    "x-correlation-id": string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "01JNGC2E5RXW7M3T9Z0QKB4VHD",
                     *       "semver": null,
                     *       "name": null,
                     *       "description": null,
                     *       "type": null,
                     *       "status": "building",
                     *       "createdAt": "2025-03-04T09:30:00.000Z",
                     *       "deployedAt": null,
                     *       "isPublished": false,
                     *       "publishedAt": null,
                     *       "publishedBy": null,
                     *       "userComment": null,
                     *       "previewUrl": null,
                     *       "canPreview": false,
                     *       "canPublish": false,
                     *       "canUnpublish": false,
                     *       "canRollback": false,
                     *       "canDelete": true,
                     *       "reasons": {
                     *         "preview": "not_deployed",
                     *         "publish": "not_deployed",
                     *         "unpublish": "not_published",
                     *         "rollback": "not_deployed"
                     *       },
                     *       "metadataStatus": "pending",
                     *       "metadataError": null,
                     *       "breakingRisk": null,
                     *       "autoClassified": null,
                     *       "confidence": null,
                     *       "parentId": null,
                     *       "deletedAt": null,
                     *       "stats": {
                     *         "filesChanged": null,
                     *         "linesAdded": null,
                     *         "linesRemoved": null
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["Version"];
                };
            };
            400: components["responses"]["BadRequest"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["NotJson"];
            422: components["responses"]["KeyReused"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
        };
    };
    endBuild: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id of yours for this request, 1 to 128 of A-Z a-z 0-9 . _ - + =. It is in the log lines, messages and statements of its work. Another one fails nothing: the header of the answer says which id was taken. */
                "x-correlation-id"?: string;
            };
            path: {
                /** @example shop */
                projectId: string;
                /** @example 01JNGC2E5RXW7M3T9Z0QKB4VHD */
                versionId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "status": "deployed",
                 *       "previewUrl": "https://shop-1.example.com",
                 *       "artifactUrl": "https://artifacts.example.com/shop/1.tgz",
                 *       "deployedAt": "2025-03-04T09:31:12.000Z",
                 *       "changes": {
                 *         "filesChanged": 3,
                 *         "linesAdded": 120,
                 *         "linesRemoved": 4,
                 *         "commits": [
                 *           "Add search"
                 *         ]
                 *       }
                 *     }
                 */
                "application/json": {
                    /**
                     * @description How it ended.
                     * @enum {string}
                     */
                    status: "deployed" | "failed";
                    /**
                     * Format: uri
                     * @description Where the version can be seen.
                     */
                    previewUrl?: string;
                    /**
                     * Format: uri
                     * @description Where its artifact lies; without one it can be neither previewed nor published.
                     */
                    artifactUrl?: string;
                    /** @description Bytes. */
                    artifactSize?: number;
                    /** @description SHA-256 of the artifact. */
                    artifactChecksum?: string;
                    /** @description The id of the deployment at the hosting service. */
                    cfDeploymentId?: string;
                    /** @description Milliseconds. */
                    buildDurationMs?: number;
                    /** @description Milliseconds. */
                    installDurationMs?: number;
                    /** @description Milliseconds. */
                    deployDurationMs?: number;
                    /** @description Bytes. */
                    outputSizeBytes?: number;
                    /** @description The commit that was built. */
                    gitCommitSha?: string;
                    /** @description The tag that was built. */
                    gitTag?: string;
                    /**
                     * Format: date-time
                     * @description For importing a history; now when left out. Not in the future.
                     */
                    deployedAt?: string;
                    /** @description Whether it is the project’s first. */
                    isInitialBuild?: boolean;
                    /** @description What changed since the version before. */
                    changes?: {
                        filesChanged?: number;
                        linesAdded?: number;
                        linesRemoved?: number;
                        commits?: string[];
                    };
                    /** @description The finished document of the pipeline’s own model, at most 64 KiB of JSON. Without it the metadata is made from `changes`. */
                    recommendations?: {
                        /** @constant */
                        schemaVersion: 1;
                        recommendations: {
                            id: number;
                            title: string;
                            description: string;
                            category: string;
                            complexity: string;
                            impact: string;
                            versionHint: string;
                            prompt: string;
                        }[];
                        project_info: {
                            type: string;
                            framework: string;
                            version: string;
                            version_description: string;
                            /** @enum {string} */
                            change_type: "major" | "minor" | "patch";
                            /** @enum {string} */
                            breaking_risk: "none" | "low" | "medium" | "high";
                        };
                    };
                };
            };
        };
        responses: {
            /** @description It is recorded. */
            200: {
                headers: {
                    /** @description What the work of this request is known by: your own id, or the one it was given. */
                    "x-correlation-id": string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "01JNGC2E5RXW7M3T9Z0QKB4VHD",
                     *       "semver": null,
                     *       "name": null,
                     *       "description": null,
                     *       "type": null,
                     *       "status": "deployed",
                     *       "createdAt": "2025-03-04T09:30:00.000Z",
                     *       "deployedAt": "2025-03-04T09:31:12.000Z",
                     *       "isPublished": false,
                     *       "publishedAt": null,
                     *       "publishedBy": null,
                     *       "userComment": null,
                     *       "previewUrl": "https://shop-1.example.com",
                     *       "canPreview": true,
                     *       "canPublish": true,
                     *       "canUnpublish": false,
                     *       "canRollback": true,
                     *       "canDelete": true,
                     *       "reasons": {
                     *         "unpublish": "not_published"
                     *       },
                     *       "metadataStatus": "pending",
                     *       "metadataError": null,
                     *       "breakingRisk": null,
                     *       "autoClassified": null,
                     *       "confidence": null,
                     *       "parentId": null,
                     *       "deletedAt": null,
                     *       "stats": {
                     *         "filesChanged": 3,
                     *         "linesAdded": 120,
                     *         "linesRemoved": 4
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["Version"];
                };
            };
            400: components["responses"]["BadRequest"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["NotJson"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
        };
    };
    getDescription: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of an answer you have. */
                "if-none-match"?: string;
                /** @description An id of yours for this request, 1 to 128 of A-Z a-z 0-9 . _ - + =. It is in the log lines, messages and statements of its work. Another one fails nothing: the header of the answer says which id was taken. */
                "x-correlation-id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OpenAPI 3.1. */
            200: {
                headers: {
                    /** @description Of this answer: send it back as If-None-Match. */
                    etag: string;
                    /** @description What the work of this request is known by: your own id, or the one it was given. */
                    "x-correlation-id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        openapi: string;
                        paths: {
                            [key: string]: unknown;
                        };
                    } & {
                        [key: string]: unknown;
                    };
                };
            };
            /** @description It is as If-None-Match says. */
            304: {
                headers: {
                    /** @description Of this answer: send it back as If-None-Match. */
                    etag: string;
                    /** @description What the work of this request is known by: your own id, or the one it was given. */
                    "x-correlation-id": string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
        };
    };
    getReference: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of an answer you have. */
                "if-none-match"?: string;
                /** @description An id of yours for this request, 1 to 128 of A-Z a-z 0-9 . _ - + =. It is in the log lines, messages and statements of its work. Another one fails nothing: the header of the answer says which id was taken. */
                "x-correlation-id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page that loads nothing else. */
            200: {
                headers: {
                    /** @description Of this answer: send it back as If-None-Match. */
                    etag: string;
                    /** @description What the work of this request is known by: your own id, or the one it was given. */
                    "x-correlation-id": string;
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
            /** @description It is as If-None-Match says. */
            304: {
                headers: {
                    /** @description Of this answer: send it back as If-None-Match. */
                    etag: string;
                    /** @description What the work of this request is known by: your own id, or the one it was given. */
                    "x-correlation-id": string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            429: components["responses"]["TooMany"];
            500: components["responses"]["Failed"];
            503: components["responses"]["Unavailable"];
        };
    };
}
