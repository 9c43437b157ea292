package domain_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/domain"
)

// faults are the package's own, which every goroutine shares.
func faults() []*domain.Error {
	return []*domain.Error{
		domain.ErrInternal, domain.ErrInvalidRequest, domain.ErrInvalidIdentifier, domain.ErrInvalidEmail,
		domain.ErrInvalidPhone,
		domain.ErrInvalidChannel, domain.ErrInvalidSourceURL, domain.ErrInvalidOTP, domain.ErrTokenNotValid,
		domain.ErrNotAuthenticated,
		domain.ErrAccountDisabled, domain.ErrRateLimited, domain.ErrUnavailable, domain.ErrEmailSendFailed,
		domain.ErrSMSSendFailed,
		domain.ErrUserCreation, domain.ErrPermissionDenied,
	}
}

func TestError_codesAreStableAndDistinct(t *testing.T) {
	t.Parallel()
	kinds := map[string]domain.FaultKind{
		"internal_error": domain.Internal, "invalid_request": domain.Invalid, "invalid_identifier": domain.Invalid,
		"invalid_email": domain.Invalid, "invalid_phone": domain.Invalid, "invalid_channel": domain.Invalid,
		"invalid_source_url": domain.Invalid, "invalid_otp": domain.Invalid, "token_not_valid": domain.Unauthenticated,
		"not_authenticated": domain.Unauthenticated, "account_disabled": domain.Denied, "rate_limited": domain.Throttled,
		"unavailable": domain.Unavailable, "email_send_failed": domain.Unavailable, "sms_send_failed": domain.Unavailable,
		"user_creation_failed": domain.Unavailable, "permission_denied": domain.Denied,
	}
	require.Len(t, faults(), len(kinds))
	for i, a := range faults() {
		require.Contains(t, kinds, a.Code)
		require.Equal(t, kinds[a.Code], a.Kind, a.Code)
		require.NotEmpty(t, a.Message, a.Code)
		require.NoError(t, a.Err, "%s has no cause of its own", a.Code)
		require.Equal(t, a.Kind == domain.Unavailable, a.RetryAfter > 0, "%s says when to try again", a.Code)
		require.Equal(t, a.Field != "", a.Cure != "", "%s names a member and its cure, or neither", a.Code)
		for j, b := range faults() {
			require.Equal(t, i == j, errors.Is(a, b), "%s is %s", a.Code, b.Code)
		}
	}
	require.Equal(t, "Invalid phone number", domain.ErrInvalidPhone.Message)
	require.Equal(t, "Invalid email address", domain.ErrInvalidEmail.Message)
	require.Equal(t, "Invalid or expired OTP", domain.ErrInvalidOTP.Message)
}

func TestFaultKinds_listsEveryKindOnce(t *testing.T) {
	t.Parallel()
	require.Equal(t, domain.Internal, domain.FaultKind(0), "an unclassified error stays hidden")
	seen := map[domain.FaultKind]bool{}
	for _, kind := range domain.FaultKinds {
		require.False(t, seen[kind], "kind %d twice", kind)
		seen[kind] = true
	}
	for _, fault := range faults() {
		require.True(t, seen[fault.Kind], "the kind of %s", fault.Code)
	}
	require.Len(t, seen, int(domain.Unavailable)+1)
}

// What is made of a shared fault is a copy: another request must not see it.
func TestError_copiesLeaveTheOriginalAlone(t *testing.T) {
	t.Parallel()
	for _, fault := range faults() {
		was := *fault
		made := fault.Because(io.ErrUnexpectedEOF).In("profile/company").After(time.Minute)
		require.Equal(t, was, *fault, fault.Code)

		require.ErrorIs(t, made, fault)
		require.ErrorIs(t, made, io.ErrUnexpectedEOF)
		require.Equal(t, "profile/company", made.Field)
		require.Equal(t, time.Minute, made.RetryAfter)
		require.Equal(t, fault.Kind, made.Kind)
		require.Equal(t, fault.Message, made.Message)
		require.Same(t, io.ErrUnexpectedEOF, errors.Unwrap(made))
	}
	limited := domain.RateLimited("ip_request", time.Second)
	require.ErrorIs(t, limited, domain.ErrRateLimited)
	require.Equal(t, "ip_request", limited.Limit)
	require.Equal(t, time.Second, limited.RetryAfter)
	require.Empty(t, domain.ErrRateLimited.Limit)
	require.Zero(t, domain.ErrRateLimited.RetryAfter)
}

func TestError_Fields(t *testing.T) {
	t.Parallel()
	require.Nil(t, domain.ErrInvalidRequest.Fields())
	require.Equal(t, []domain.FieldFault{{Field: "phone", Cure: domain.ErrInvalidPhone.Cure}},
		domain.ErrInvalidPhone.In("phone").Fields())
	several := &domain.Error{
		Code: "invalid_request", Field: "a", Cure: "b",
		Others: []domain.FieldFault{{Field: "c", Cure: "d"}},
	}
	require.Equal(t, []domain.FieldFault{{Field: "a", Cure: "b"}, {Field: "c", Cure: "d"}}, several.Fields())
}

func TestError_oneSpelling(t *testing.T) {
	t.Parallel()
	for _, fault := range faults() {
		require.NotContains(t, strings.ToLower(fault.Message+fault.Cure), "e-mail", "%s: clients read \"email\"", fault.Code)
	}
}

func TestError_text(t *testing.T) {
	t.Parallel()
	require.EqualError(t, domain.ErrInvalidPhone, "invalid_phone: Invalid phone number")
	require.EqualError(t, domain.ErrUnavailable.Because(io.ErrUnexpectedEOF), "unavailable: unexpected EOF")
	require.NotContains(t, domain.ErrUnavailable.Because(io.ErrUnexpectedEOF).Message, "EOF", "the client sees no cause")
}

func TestError_Is(t *testing.T) {
	t.Parallel()
	wrapped := fmt.Errorf("issue secret: %w", domain.ErrUnavailable.Because(io.ErrUnexpectedEOF))
	require.ErrorIs(t, wrapped, domain.ErrUnavailable)
	require.ErrorIs(t, wrapped, io.ErrUnexpectedEOF)
	require.NotErrorIs(t, wrapped, domain.ErrInternal)
	require.NotErrorIs(t, wrapped, io.EOF)
	require.NotErrorIs(t, domain.ErrUnavailable, io.EOF)
	for _, fault := range []*domain.Error{
		domain.ErrSessionNotFound, domain.ErrDeliveryNotFound,
		domain.ErrAccountNotFound,
	} {
		require.ErrorIs(t, fault.Because(io.EOF).In("id").After(time.Second), fault)
		for _, other := range []*domain.Error{
			domain.ErrSessionNotFound, domain.ErrDeliveryNotFound,
			domain.ErrAccountNotFound,
		} {
			require.Equal(t, fault == other, errors.Is(fault, other), "%s is %s", fault.Message, other.Message)
		}
	}
	require.NotErrorIs(t, domain.ErrInvalidScope, domain.ErrInvalidRequest, "a code that two faults share")
}

func TestAsError(t *testing.T) {
	t.Parallel()
	require.Nil(t, domain.AsError(nil))
	require.Same(t, domain.ErrInvalidOTP, domain.AsError(domain.ErrInvalidOTP))
	require.Same(t, domain.ErrInvalidOTP, domain.AsError(fmt.Errorf("verify: %w", domain.ErrInvalidOTP)))

	unknown := domain.AsError(io.ErrUnexpectedEOF)
	require.Equal(t, domain.Internal, unknown.Kind)
	require.ErrorIs(t, unknown, domain.ErrInternal)
	require.ErrorIs(t, unknown, io.ErrUnexpectedEOF)
	require.NotContains(t, unknown.Message, "EOF")
	require.NoError(t, domain.ErrInternal.Err)
}
