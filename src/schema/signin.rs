//! Tables `signin` and `signin_auth_detail`: attempts to sign in, of every kind.

use super::every_table::{CORRELATION_ID, DEGRADED, FORMAT, RAW, SOURCE_FILE, SOURCE_OFFSET, TENANT_ID};
use super::values::{
    AUTHENTICATION_REQUIREMENT, CONDITIONAL_ACCESS, MANAGED_IDENTITY, SIGNIN_RESULT, SIGNIN_TYPE, YES_NO,
};
use super::{
    Column, Convert, Kind, Rows, Table, analytics, every, graph, graph_only, legacy, monitor, portal,
};

/// Sign-ins.
pub(crate) const SIGNIN: Table = Table {
    name: "signin",
    doc: "One row per attempt to sign in, successful or not, of a user, a service principal or a managed identity.",
    reference: "https://learn.microsoft.com/graph/api/resources/signin",
    columns: &[
        Column::time(
            "event_time",
            "When the attempt was made, UTC. Graph `createdDateTime`; digits below a microsecond are cut.",
            &[
                graph("createdDateTime"),
                monitor("time"),
                analytics("TimeGenerated"),
                legacy("signinDateTime"),
                legacy("signinDateTimeInMillis"),
                portal("Date (UTC)"),
            ],
        ),
        Column::text(
            "id",
            "Sign-in (request) id, unique within a tenant.",
            &[
                graph("id").convert(Convert::Verbatim),
                legacy("id").convert(Convert::Verbatim),
                portal("Request ID").convert(Convert::Verbatim),
            ],
        ),
        Column::word("tenant_id", TENANT_ID.doc, TENANT_ID_SOURCES),
        Column::text(
            "correlation_id",
            CORRELATION_ID.doc,
            &[
                graph("correlationId"),
                monitor("correlationId"),
                legacy("correlationId"),
                portal("Correlation ID"),
            ],
        ),
        Column::word(
            "signin_type",
            "`interactive`, `non_interactive`, `service_principal` or `managed_identity`; of the portal's CSV told by \
             its file name. NULL where nothing says.",
            &[
                graph("signInEventTypes").convert(Convert::Only(SIGNIN_TYPE)),
                monitor("category").convert(Convert::Only(SIGNIN_TYPE)),
                analytics("Type").convert(Convert::Only(SIGNIN_TYPE)),
                analytics("Category").convert(Convert::Only(SIGNIN_TYPE)),
                graph("managedServiceIdentity.msiType").convert(Convert::Only(MANAGED_IDENTITY)),
                portal("Managed Identity type").convert(Convert::Only(MANAGED_IDENTITY)),
                portal("Associated Resource Id").convert(Convert::Presence("managed_identity")),
                portal("Service principal ID").convert(Convert::Presence("service_principal")),
                graph("servicePrincipalId").convert(Convert::Presence("service_principal")),
                graph("isInteractive").convert(Convert::Only(SIGNIN_TYPE)),
                legacy("loginStatus").convert(Convert::Presence("interactive")),
            ],
        ),
        Column::word(
            "result",
            "`success`, `failure`, or `interrupted`: the user was sent through a further step. Told by `error_code`; \
             see `ref_error`.",
            &[
                portal("Status").convert(Convert::Words(SIGNIN_RESULT)),
                graph("status.errorCode").convert(Convert::ResultOfCode),
                monitor("resultType").convert(Convert::ResultOfCode),
                analytics("ResultType").convert(Convert::ResultOfCode),
                legacy("loginStatus").convert(Convert::Words(SIGNIN_RESULT)),
            ],
        ),
        Column::integer(
            "error_code",
            "Error code (AADSTS…), 0 for success. Joins `ref_error`.",
            &[
                graph("status.errorCode"),
                monitor("resultType"),
                analytics("ResultType"),
                legacy("signinErrorCode"),
                portal("Sign-in error code"),
                portal("Status").convert(Convert::Only(&[("success", "0")])),
            ],
        ),
        Column::text(
            "failure_reason",
            "Why it failed, in Microsoft's words.",
            &[
                graph("status.failureReason"),
                monitor("resultDescription"),
                analytics("ResultDescription"),
                legacy("failureReason"),
                portal("Failure reason"),
            ],
        ),
        Column::text(
            "status_details",
            "More on the status, e.g. `MFA requirement satisfied by claim in the token`.",
            &[
                graph("status.additionalDetails"),
                portal("Multifactor authentication result"),
                legacy("mfaResult"),
            ],
        ),
        Column::text(
            "user_id",
            "Object id of the user; of a service principal NULL.",
            &[graph("userId"), legacy("userId"), portal("User ID")],
        ),
        Column::text(
            "user_upn",
            "User principal name.",
            &[graph("userPrincipalName"), legacy("userPrincipalName"), portal("Username")],
        ),
        Column::text(
            "user_name",
            "Display name of the user.",
            &[graph("userDisplayName"), legacy("userDisplayName"), portal("User")],
        ),
        Column::word(
            "user_type",
            "`member` or `guest`; NULL where the source does not say.",
            &[
                graph("userType").convert(Convert::Words(&[])),
                portal("User type").convert(Convert::Words(&[])),
            ],
        ),
        Column::word(
            "app_id",
            "Application (client) id that was signed in to.",
            &[graph("appId"), legacy("appId"), portal("Application ID")],
        ),
        Column::word(
            "app_name",
            "Display name of the application.",
            &[graph("appDisplayName"), legacy("appDisplayName"), portal("Application")],
        ),
        Column::word(
            "resource_id",
            "Application id of the resource that the token was for.",
            &[
                graph_only("resourceId"),
                monitor("properties.resourceId"),
                analytics("ResourceIdentity"),
                portal("Resource ID"),
            ],
        ),
        Column::word(
            "resource_name",
            "Display name of the resource.",
            &[graph("resourceDisplayName"), portal("Resource")],
        ),
        Column::word(
            "home_tenant_id",
            "Tenant that the user belongs to.",
            &[graph("homeTenantId"), portal("Home tenant ID")],
        ),
        Column::word(
            "resource_tenant_id",
            "Tenant that the resource belongs to.",
            &[graph("resourceTenantId"), portal("Resource tenant ID")],
        ),
        Column::word(
            "cross_tenant_access_type",
            "How a tenant border was crossed: `none`, `b2bCollaboration`, `b2bDirectConnect` …",
            &[graph("crossTenantAccessType"), portal("Cross tenant access type")],
        ),
        Column::text(
            "service_principal_id",
            "Object id of the service principal that signed in.",
            &[graph("servicePrincipalId"), portal("Service principal ID")],
        ),
        Column::word(
            "service_principal_name",
            "Name of the service principal that signed in.",
            &[graph("servicePrincipalName"), portal("Service principal name")],
        ),
        Column::text(
            "credential_key_id",
            "Id of the key that a service principal proved itself with.",
            &[graph("servicePrincipalCredentialKeyId"), portal("Credential key ID")],
        ),
        Column::text(
            "ip_address",
            "Client address, IPv4 or IPv6, without port.",
            &[
                graph("ipAddress").convert(Convert::Ip),
                monitor("callerIpAddress").convert(Convert::Ip),
                legacy("ipAddress").convert(Convert::Ip),
                portal("IP address").convert(Convert::Ip),
            ],
        ),
        Column::integer(
            "autonomous_system_number",
            "Network that the address belongs to.",
            &[graph("autonomousSystemNumber"), portal("Autonomous system number")],
        ),
        Column::word(
            "city",
            "City of the address, as Microsoft guesses it.",
            &[
                graph_only("location.city"),
                monitor("properties.location.city"),
                analytics("LocationDetails.city"),
                legacy("location.city"),
                portal("Location").convert(Convert::LocationPart(2)),
            ],
        ),
        Column::word(
            "state",
            "State or province of the address.",
            &[
                graph_only("location.state"),
                monitor("properties.location.state"),
                analytics("LocationDetails.state"),
                legacy("location.state"),
                portal("Location").convert(Convert::LocationPart(1)),
            ],
        ),
        Column::word(
            "country",
            "Country of the address, two letters.",
            &[
                graph_only("location.countryOrRegion"),
                monitor("properties.location.countryOrRegion"),
                monitor("location"),
                analytics("LocationDetails.countryOrRegion"),
                analytics("Location"),
                legacy("location.country"),
                portal("Location").convert(Convert::LocationPart(0)),
            ],
        ),
        Column::real(
            "latitude",
            "Latitude of the address in degrees; NULL where it is not known.",
            &[
                graph_only("location.geoCoordinates").convert(Convert::Coordinate("latitude")),
                monitor("properties.location.geoCoordinates").convert(Convert::Coordinate("latitude")),
                analytics("LocationDetails.geoCoordinates").convert(Convert::Coordinate("latitude")),
                legacy("geoCoordinates").convert(Convert::Coordinate("latitude")),
            ],
        ),
        Column::real(
            "longitude",
            "Longitude of the address in degrees; NULL where it is not known.",
            &[
                graph_only("location.geoCoordinates").convert(Convert::Coordinate("longitude")),
                monitor("properties.location.geoCoordinates").convert(Convert::Coordinate("longitude")),
                analytics("LocationDetails.geoCoordinates").convert(Convert::Coordinate("longitude")),
                legacy("geoCoordinates").convert(Convert::Coordinate("longitude")),
            ],
        ),
        Column::word("user_agent", "User agent of the client.", &[graph("userAgent"), portal("User agent")]),
        Column::word(
            "client_app",
            "Kind of client (`Browser`, `Mobile Apps and Desktop clients`, `IMAP4` …).",
            &[graph("clientAppUsed"), portal("Client app")],
        ),
        Column::word(
            "authentication_protocol",
            "Protocol, e.g. `deviceCode`, `ropc`, `oAuth2`.",
            &[graph("authenticationProtocol"), portal("Authentication Protocol")],
        ),
        Column::word(
            "original_transfer_method",
            "How authentication came from another device, e.g. `deviceCodeFlow`.",
            &[graph("originalTransferMethod"), portal("Original transfer method")],
        ),
        Column::word(
            "authentication_requirement",
            "`singleFactorAuthentication` or `multiFactorAuthentication`.",
            &[
                graph("authenticationRequirement"),
                portal("Authentication requirement").convert(Convert::Names(AUTHENTICATION_REQUIREMENT)),
                legacy("mfaRequired").convert(Convert::Only(&[
                    ("true", "multiFactorAuthentication"),
                    ("false", "singleFactorAuthentication"),
                ])),
            ],
        ),
        Column::word(
            "mfa_method",
            "Second factor that was used.",
            &[
                graph("mfaDetail.authMethod"),
                portal("Multifactor authentication auth method"),
                legacy("mfaAuthMethod"),
            ],
        ),
        Column::text(
            "mfa_detail",
            "What the second factor was sent to, masked.",
            &[
                graph("mfaDetail.authDetail"),
                portal("Multifactor authentication auth detail"),
                legacy("mfaAuthDetail"),
            ],
        ),
        Column::word(
            "incoming_token_type",
            "Token that was presented, e.g. `primaryRefreshToken`.",
            &[graph("incomingTokenType"), portal("Incoming token type")],
        ),
        Column::text(
            "unique_token_id",
            "Identifier of the token that was issued; joins `graph_activity.signin_token_id`.",
            &[graph("uniqueTokenIdentifier"), portal("Unique token identifier")],
        ),
        Column::text("session_id", "Identifier of the session.", &[graph("sessionId"), portal("Session ID")]),
        Column::text(
            "original_request_id",
            "Id of the first request of a sequence.",
            &[graph("originalRequestId")],
        ),
        Column::text(
            "device_id",
            "Id of a registered device.",
            &[graph("deviceDetail.deviceId"), portal("Device ID")],
        ),
        Column::text("device_name", "Name of the device.", &[graph("deviceDetail.displayName")]),
        Column::word(
            "operating_system",
            "Operating system of the device.",
            &[graph("deviceDetail.operatingSystem"), portal("Operating System")],
        ),
        Column::word("browser", "Browser.", &[graph("deviceDetail.browser"), portal("Browser")]),
        Column::boolean(
            "device_compliant",
            "Whether the device complies with the organisation's rules.",
            &[
                graph("deviceDetail.isCompliant").convert(Convert::Only(YES_NO)),
                portal("Compliant").convert(Convert::Only(YES_NO)),
            ],
        ),
        Column::boolean(
            "device_managed",
            "Whether the device is managed.",
            &[
                graph("deviceDetail.isManaged").convert(Convert::Only(YES_NO)),
                portal("Managed").convert(Convert::Only(YES_NO)),
            ],
        ),
        Column::word(
            "device_trust_type",
            "How the device is joined.",
            &[graph("deviceDetail.trustType"), portal("Join Type")],
        ),
        Column::text(
            "device_information",
            "Device as Azure AD Graph writes it: a list with `;`.",
            &[legacy("deviceInformation")],
        ),
        Column::word(
            "conditional_access",
            "`success`, `failure` or `notApplied`.",
            &[
                graph("conditionalAccessStatus").convert(Convert::Names(CONDITIONAL_ACCESS)),
                portal("Conditional Access").convert(Convert::Names(CONDITIONAL_ACCESS)),
            ],
        ),
        Column::new(
            "policies",
            Kind::Structs(POLICY),
            "Conditional Access policies that were looked at; see view `signin_policy`.",
            &[graph("appliedConditionalAccessPolicies"), analytics("ConditionalAccessPolicies")],
        ),
        Column::new(
            "steps",
            Kind::Structs(STEP),
            "Steps of the authentication; see view `signin_step`.",
            &[graph("authenticationDetails")],
        ),
        Column::word("risk_level", "Risk of the user and sign-in together.", &[graph("riskLevelAggregated")]),
        Column::word("risk_level_during_signin", "Risk of this sign-in.", &[graph("riskLevelDuringSignIn")]),
        Column::word("risk_state", "State of the risk.", &[graph("riskState")]),
        Column::word("risk_detail", "Why the risk has its state.", &[graph("riskDetail")]),
        Column::texts(
            "risk_event_types",
            "Kinds of risk found.",
            &[graph("riskEventTypes_v2"), graph("riskEventTypesV2"), graph("riskEventTypes")],
        ),
        Column::word(
            "token_issuer_type",
            "Who issued the token, e.g. `AzureAD`, `ADFederationServices`.",
            &[graph("tokenIssuerType"), portal("Token issuer type")],
        ),
        Column::boolean(
            "flagged_for_review",
            "Whether the user asked for a review.",
            &[
                graph("flaggedForReview").convert(Convert::Only(YES_NO)),
                portal("Flagged for review").convert(Convert::Only(YES_NO)),
            ],
        ),
        Column::integer(
            "processing_ms",
            "Time that it took, in milliseconds.",
            &[graph("processingTimeInMilliseconds"), analytics("ProcessingTimeInMs"), portal("Latency")],
        ),
        FORMAT,
        SOURCE_FILE,
        SOURCE_OFFSET,
        DEGRADED,
        RAW,
    ],
    rows: Rows {
        required: &["app_id", "app_name", "user_id", "user_upn", "service_principal_id", "error_code"],
        group: "signin_type",
        order: &["signin_type", "app_name"],
        facts: &["user_id", "app_id", "error_code"],
        version: &[],
        fingerprint: &["correlation_id", "app_id", "error_code", "ip_address", "resource_id"],
        fingerprint_actor: &["user_id", "service_principal_id", "user_upn"],
        is_snapshot: false,
    },
};

const TENANT_ID_SOURCES: &[super::Source] = &[
    graph_only("tenantId"),
    monitor("tenantId"),
    monitor("properties.tenantId"),
    monitor("resourceId").convert(Convert::TenantOfResource),
    analytics("AADTenantId"),
    analytics("ResourceId").convert(Convert::TenantOfResource),
    legacy("tenantId"),
];

/// Fields of one Conditional Access policy.
const POLICY: &[Column] = &[
    Column::text("id", "Id of the policy.", &[every("id")]),
    Column::text("name", "Name of the policy.", &[every("displayName")]),
    Column::word(
        "result",
        "What it came to (`success`, `failure`, `reportOnlyFailure` …).",
        &[every("result")],
    ),
    Column::text(
        "grant_controls",
        "Controls that it asked for, as JSON text.",
        &[every("enforcedGrantControls")],
    ),
    Column::text("session_controls", "Session controls, as JSON text.", &[every("enforcedSessionControls")]),
    Column::text(
        "conditions_satisfied",
        "Conditions that were met, as the source spells them: words or a number.",
        &[every("conditionsSatisfied")],
    ),
    Column::text(
        "conditions_not_satisfied",
        "Conditions that were not met, as the source spells them.",
        &[every("conditionsNotSatisfied")],
    ),
];

/// Fields of one step of an authentication.
const STEP: &[Column] = &[
    Column::time("time", "When, UTC.", &[every("authenticationStepDateTime")]),
    Column::word("method", "Method, e.g. `Password`.", &[every("authenticationMethod")]),
    Column::text("method_detail", "More on the method.", &[every("authenticationMethodDetail")]),
    Column::boolean(
        "succeeded",
        "Whether it succeeded.",
        &[every("succeeded").convert(Convert::Only(YES_NO))],
    ),
    Column::text("result_detail", "What came of it.", &[every("authenticationStepResultDetail")]),
    Column::word("requirement", "What it was asked for by.", &[every("authenticationStepRequirement")]),
];

/// Steps of authentications that the portal downloads beside the sign-ins.
pub(crate) const SIGNIN_AUTH_DETAIL: Table = Table {
    name: "signin_auth_detail",
    doc: "One row per authentication step in the portal's CSV of authentication details; see view `signin_step`.",
    reference: "https://learn.microsoft.com/entra/identity/monitoring-health/howto-download-logs",
    columns: &[
        Column::time(
            "event_time",
            "When the step was made, UTC.",
            &[
                portal("Authentication date"),
                portal("Authentication step date (UTC)"),
                portal("Authentication Date (UTC)"),
                portal("Date (UTC)"),
                portal("Date"),
            ],
        ),
        Column::text("id", "Made by auditql: the portal gives steps no id.", &[]),
        Column::word("tenant_id", "Directory (tenant) id, if `ingest --tenant` names it.", &[]),
        Column::text("signin_id", "Id of the sign-in; joins `signin.id`.", &[portal("Request ID")]),
        Column::word("method", "Method, e.g. `Password`.", &[portal("Authentication method")]),
        Column::text(
            "method_detail",
            "More on the method.",
            &[portal("Authentication method detail"), portal("Authentication method details")],
        ),
        Column::boolean(
            "succeeded",
            "Whether it succeeded.",
            &[portal("Succeeded").convert(Convert::Only(YES_NO))],
        ),
        Column::text(
            "result_detail",
            "What came of it.",
            &[
                portal("Result detail"),
                portal("Authentication step result detail"),
                portal("Authentication result detail"),
            ],
        ),
        Column::word(
            "requirement",
            "What it was asked for by.",
            &[
                portal("Requirement"),
                portal("Authentication step requirement"),
                portal("Authentication requirement"),
            ],
        ),
        FORMAT,
        SOURCE_FILE,
        SOURCE_OFFSET,
        DEGRADED,
        RAW,
    ],
    rows: Rows {
        required: &["signin_id"],
        group: "method",
        order: &["method"],
        facts: &["signin_id", "method"],
        version: &[],
        fingerprint: &["signin_id", "method", "method_detail", "result_detail"],
        fingerprint_actor: &[],
        is_snapshot: false,
    },
};
